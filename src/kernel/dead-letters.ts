/** Why a message was not handled. Each reason is counted on its own. */
export type DeadLetterReason =
  | 'actor-stopped'
  | 'mailbox-full'
  | 'dropped-oldest'
  | 'conflated'
  | 'expired'
  | 'cancelled'
  | 'failed'
  | 'quarantined'
  | 'restarted'
  | 'thread-lost'
  | 'unknown-handler'
  | 'undecodable'

export const deadLetterReasons: readonly DeadLetterReason[] = Object.freeze([
  'actor-stopped',
  'mailbox-full',
  'dropped-oldest',
  'conflated',
  'expired',
  'cancelled',
  'failed',
  'quarantined',
  'restarted',
  'thread-lost',
  'unknown-handler',
  'undecodable',
])

/** A message that was not handled, or, for `thread-lost`, all those of one actor that went down with its thread. */
export interface DeadLetter {
  readonly reason: DeadLetterReason
  /** Path of the actor it was for. */
  readonly actor: string
  /** The handler it was for; for `thread-lost` the one that was running, if any. */
  readonly handler: string | undefined
  /** The message's arguments. Empty for `thread-lost`: they are gone. */
  readonly args: readonly unknown[]
  /** Messages it stands for. 1 except for `thread-lost`. */
  readonly count: number
  /** What the handler threw, for `failed` and `quarantined`. */
  readonly error: unknown
  /** Milliseconds on the system's clock. */
  readonly atMs: number
}

/** Port: where dead letters go after they were counted. Must not throw, and must bound what it keeps. */
export interface DeadLetterSink {
  take(letter: DeadLetter): void
}
