/** Where a command is. The last five are its end. */
export type CommandState =
  /** Not sent: behind others, until it is its controller's turn, before its next attempt, or since no controller is there. */
  | 'queued'
  /** The last attempt is on its way. */
  | 'sent'
  /** The controller has it. */
  | 'acked'
  /** The mesh has taken it. */
  | 'done'
  /** Refused: by controllers, by the mesh, or by the gateway, whose queue is full. */
  | 'rejected'
  /** Given up: no answer, nobody to send it through, too old. It may have been carried out all the same. */
  | 'abandoned'
  | 'cancelled'
  /** A newer command for the same target says what this one said, or more. */
  | 'superseded'

/** Why a command ended as it did; undefined for `done`. */
export type CommandReason =
  | 'queue-full'
  /** A living command has the same id. */
  | 'duplicate-id'
  /** Nobody knows the mesh address of that controller. */
  | 'unknown-target'
  | 'closing'
  /** The outbox has not taken it: it is full, or its disk has failed. */
  | 'not-stored'
  /** The gateway died while it was on its way, and it must not be carried out twice. */
  | 'interrupted'
  /** No controller was there, or none that had not refused it. */
  | 'no-controller'
  /** It was older than its `ttlMs`. */
  | 'expired'
  | 'ack-timeout'
  | 'result-timeout'
  | 'controller-lost'
  /** The connection of its controller took no more. */
  | 'not-sent'
  /** A status other than 0. */
  | 'refused'
  /** A result other than 0. */
  | 'failed'
  | 'newer-command'
  | 'asked-to'

/** One attempt, for its history. Times are milliseconds since the command was given. */
export interface AttemptRecord {
  /** Device id of the controller. */
  readonly controller: number
  readonly sentMs: number
  readonly ackedMs: number | undefined
  readonly endedMs: number | undefined
  /** `pending`: nothing was known about it when the command ended. */
  readonly outcome: 'pending' | 'done' | CommandReason
  /** What the controller or the mesh said; undefined when neither said anything. */
  readonly status: number | undefined
}

/** The end of a command: every command has one. */
export interface CommandResult {
  /** As given, or made up: it stands in logs. */
  readonly id: string
  readonly state: Exclude<CommandState, 'queued' | 'sent' | 'acked'>
  readonly reason: CommandReason | undefined
  /** A state of the device was seen, after the command was sent, that is what the command wants. */
  readonly isConfirmed: boolean
  /** From the command to its end. Milliseconds. */
  readonly tookMs: number
  readonly attempts: readonly AttemptRecord[]
  /** Of a superseded one: the id of the newer command. */
  readonly supersededBy: string | undefined
}
