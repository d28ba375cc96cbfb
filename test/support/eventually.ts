import { vi } from 'vitest'

/** Tries until `look` no longer throws, for at most ten seconds. Answers what it answered. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 10_000, interval: 5 })
}
