import { type ActorRef, CapacityError, Frame, type Self } from 'troupe'
import { implementConnection, type LinkProtocol } from './implement-connection.ts'
import type { Link } from './link.ts'
import type { LinkSendResult } from './link-writer.ts'

/** Who gets what connections bring. */
export interface ConnectionReceiver {
  /** @param remote where the other side is, for people */
  opened(connection: ActorRef<ConnectionProtocol>, remote: string): void
  /** A message, in shared memory: valid during the handler, `retain()` or `copy()` what is to stay. An empty one is a Uint8Array. */
  received(connection: ActorRef<ConnectionProtocol>, message: Frame | Uint8Array): void | Promise<void>
  /** The last word. @param errorCode why, or undefined when both sides had ended */
  closed(connection: ActorRef<ConnectionProtocol>, errorCode: string | undefined): void
}

export interface ConnectionProtocol extends LinkProtocol {
  /** Sends one message. Answers whether it was queued; told, a message that was not is lost, and counted as dropped. */
  send(message: Frame | Uint8Array): LinkSendResult
}

interface State {
  readonly link: Link
  readonly receiver: ActorRef<ConnectionReceiver>
  /** Since the receiver has said the last time that it has handled all. */
  untoldMessages: number
  untoldBytes: number
}

type ConnectionSelf = Self<State, Omit<ConnectionProtocol, keyof LinkProtocol> & LinkProtocol>

/** The receiver may be so far behind, then nothing is read until it has handled all: its mailbox needs room for that. */
const WINDOW_MESSAGES = 64
const WINDOW_BYTES = 262_144
/** Between two attempts to get room in shared memory. Milliseconds. */
const ROOM_EVERY_MS = 2

/**
 * A connection for those who do not write one: it passes each message on to an actor, on whatever thread that is, as a frame in shared
 * memory, and sends what it is told. While the receiver is 64 messages or 256 KiB behind, or shared memory is full, it reads nothing, so
 * that the peer is slowed down.
 */
export const Connection = implementConnection<Omit<ConnectionProtocol, keyof LinkProtocol>>()({
  name: 'Connection',
  module: import.meta.url,
  start(self, link, receiver: ActorRef<ConnectionReceiver>): State {
    receiver.tell.opened(self.ref, link.remote)
    return { link, receiver, untoldMessages: 0, untoldBytes: 0 }
  },
  frame(self, _link, message) {
    if (message.length === 0) return passOn(self, new Uint8Array(0))
    const frame = tryFrame(self, message)
    return frame === undefined ? passOnLater(self, new Uint8Array(message)) : passOn(self, frame)
  },
  closed: ({ state, ref }, _link, error) => void state.receiver.tell.closed(ref, error?.code),
  on: {
    send: ({ state }, message) => state.link.send(message instanceof Frame ? message.bytes : message),
  },
})

/** Answers a promise while the receiver has no room, or is behind. */
function passOn(self: ConnectionSelf, message: Frame | Uint8Array): Promise<void> | undefined {
  const { state, ref } = self
  state.untoldMessages++
  state.untoldBytes += message.length
  if (state.untoldMessages >= WINDOW_MESSAGES || state.untoldBytes >= WINDOW_BYTES) {
    state.untoldMessages = 0
    state.untoldBytes = 0
    // Behind all others in the same mailbox: once it is answered they have been handled.
    return self.ask(state.receiver, { deadlineMs: Number.POSITIVE_INFINITY }).received(ref, message)
  }
  if (state.receiver.tell.received(ref, message) !== 'mailbox-full') return undefined
  return passOnLater(self, message instanceof Frame ? message.copy() : message)
}

async function passOnLater(self: ConnectionSelf, message: Uint8Array): Promise<void> {
  const { receiver } = self.state
  for (;;) {
    await receiver.ready()
    const frame = message.length === 0 ? message : tryFrame(self, message)
    if (frame !== undefined && receiver.tell.received(self.ref, frame) !== 'mailbox-full') return
    // Others may have been faster, or shared memory is full: its users need the thread.
    await new Promise((resolve) => setTimeout(resolve, ROOM_EVERY_MS))
  }
}

/** Undefined while shared memory has no room. */
function tryFrame(self: ConnectionSelf, message: Uint8Array): Frame | undefined {
  try {
    const frame = self.frame(message.length)
    frame.write(message)
    return frame
  } catch (error) {
    if (error instanceof CapacityError) return undefined
    throw error
  }
}
