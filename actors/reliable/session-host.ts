import type { IncomingMessage } from './incoming-message.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { ReliableFrame } from './reliable-frame.ts'

/** How a message ended; see `DeliveryResult`. */
export type ResultKind = 'delivered' | 'rejected' | 'abandoned' | 'cancelled'

/** What a session tells whoever drives it. It may be called back from within `send`, `receive`, `settle`, `poll`, `cancel`; never later. */
export interface SessionEvents {
  /** Sends a frame over the link, at once: its values are others afterwards. Answers false if there is no room: call `writable` when there is. */
  transmit(frame: ReliableFrame): boolean
  /** A message that came, each once. Call `settle` when it is known how it ended. */
  deliver(message: IncomingMessage): void
  /** The one and only result of a message. */
  finished(message: OutgoingMessage, kind: ResultKind, reason: string): void
  /** The send queue has room again, after it had answered `wait`. */
  room(): void
  /** The link is of no use any more: close it. */
  brokeLink(why: string): void
  /** The peer has lost what it had received: messages that are sent again may be processed twice. @param abandoned because of that */
  peerLost(abandoned: number): void
}

/** What the two directions of a session have in common: the link, and what goes along with every frame. */
export interface FrameSender {
  /** Whether frames can be sent now: the peer is known, and the link has room. */
  readonly canSend: boolean
  /** The one frame that all is sent with. */
  readonly frame: ReliableFrame
  /** Fills in whom it is from, and sends it. Answers false if the link has no room. */
  sendFrame(): boolean
  /** Asks the peer for an acknowledgement. */
  probe(): void
}
