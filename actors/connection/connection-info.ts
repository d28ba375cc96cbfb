import type { ActorRef } from 'troupe'
import type { LinkProtocol } from './implement-connection.ts'

/** A connection of a listener, as others see it. */
export interface ConnectionInfo {
  /** The path of its actor. */
  readonly id: string
  readonly ref: ActorRef<LinkProtocol>
  /** Where the other side is: `127.0.0.1:5000`, or a path. */
  readonly remote: string
  /** What connections of one peer are counted by: its IP address, or the path. */
  readonly address: string
  /** Number of the thread that it lives on, among those of its listener. */
  readonly host: number
  /** Since the epoch. Milliseconds. */
  readonly openedMs: number
}
