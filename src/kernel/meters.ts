import type { DeadLetterReason } from './dead-letters.ts'

/** Figures that a kernel counts besides the accounts of its actors. */
export type MeterName =
  | 'spawned'
  | 'stopped'
  | 'restarts'
  | 'refused'
  | 'late-replies'
  | 'asks'
  | 'downs'
  | 'timers-skipped'
  | 'stray-errors'
  | 'dead-letters-unkept'
  | `dead-letters-${DeadLetterReason}`
  | `restarts-${'failure' | 'thread-lost' | 'start-failed' | 'sibling'}`

/** Port: counters with one writer, this thread, that others can read at any time. */
export interface Meters {
  add(name: MeterName, by: number): void
  /** How many actors live on this thread. */
  setActors(count: number): void
}
