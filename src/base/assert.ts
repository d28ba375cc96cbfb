import { InvariantError } from './errors.ts'

/** Throws `InvariantError` unless `condition` holds. The text is the invariant: `assert(x > 0, 'x is positive')`. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError('invariant-broken', `invariant broken: ${invariant}`)
}
