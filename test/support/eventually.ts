import { vi } from 'vitest'

/** Waits until `look` no longer throws, at most ten seconds. Answers what it answered. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 10_000, interval: 5 })
}
