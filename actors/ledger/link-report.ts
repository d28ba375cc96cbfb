import type { PacketCounts } from '../connection/packet-counts.ts'

/** One connection between a device and the gateway: what both ends know about it before its first byte. */
export interface LinkIdentity {
  /** Unique in a run. */
  readonly link: string
  /** Name of the device at the sending end. */
  readonly device: string
  /** The recording that the device plays. */
  readonly recordingId: number
  /** The threads that the two ends live on. */
  readonly deviceThread: string
  readonly connectionThread: string
}

/**
 * - `open`: bytes may still pass.
 * - `finished`: this end saw the stream to its end: the device sent all and closed, the connection read to the end.
 * - `broken`: this end was closed before.
 */
export type LinkEndState = 'open' | 'finished' | 'broken'

/** What one end says of itself. Every report stands alone: the last one that arrives is all that is needed. */
export interface LinkReport extends LinkIdentity {
  readonly end: 'device' | 'connection'
  readonly state: LinkEndState
  /** When this end was opened, by the process's monotonic clock. Milliseconds. */
  readonly openedMs: number
  /** Bytes sent or received so far, the running hash over them, and the packets that lie whole in them. */
  readonly byteCount: number
  readonly digest: string
  readonly packets: PacketCounts
}

/** That something is about to be killed on purpose. */
export interface KillNotice {
  readonly kind: 'device' | 'connection' | 'thread'
  /** Name of the device, link of the connection, or the thread as `LinkIdentity` names it. */
  readonly target: string
  /** By the process's monotonic clock. Milliseconds. */
  readonly atMs: number
}
