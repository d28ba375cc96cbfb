import { type ActorRef, Frame, ProtocolError, type Self, type TroupeError, UnreachableError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import { type CodecSpec, loadCodec } from '../codec/codec-spec.ts'
import { implementConnection, type LinkProtocol } from '../connection/implement-connection.ts'
import type { Link } from '../connection/link.ts'
import { type SendAnswer, sendRefusal } from './send-answer.ts'
import { sharedMemory } from './shared-memory.ts'

/** Which of the messages that arrived together could not be decoded, and why. */
export interface Undecodable {
  readonly index: number
  readonly text: string
}

/** An actor that keeps what its connections receive. */
export interface LinkKeeper {
  /**
   * Messages, encoded, one behind the other. Answered when they are taken: until then the connection reads no more. The answer
   * names one that is no value; those before it are taken.
   */
  arrived(from: string, memory: Frame | Uint8Array, ends: Uint32Array): Undecodable | undefined
}

/** An actor that is told every value by itself. */
export interface ValueReceiver<T = unknown> {
  /** @param from id of the connection that it came over */
  received(value: T, from: string): void
}

/** Whom a connection gives what it receives. `undefined`: nobody, what comes is ignored. */
export type Destination =
  | { readonly kind: 'keeper'; readonly ref: ActorRef<LinkKeeper> }
  | { readonly kind: 'receiver'; readonly ref: ActorRef<ValueReceiver> }
  | undefined

export interface BroadcastLinkSettings {
  readonly codec: CodecSpec
  readonly destination: Destination
  /** A peer that has ended its side may still want to hear: what becomes of its connection then. */
  readonly halfClosed: 'keep' | 'end'
  /** Whether this side ends the connection at once when it stops, since it has nothing to send. */
  readonly endsAtOnce: boolean
  /** `server`: it warns of each connection that is gone. `once`: it ends with its connection. `again`: it opens another. */
  readonly role: 'server' | 'once' | 'again'
}

export interface BroadcastLinkProtocol {
  /** Framed messages, the same for all connections. Answered when they are queued, or dropped by the queue's policy. */
  batch(memory: Frame | Uint8Array, messages: number, ends?: Uint32Array): void
  /** Answered when the value is queued, or dropped, or refused. */
  send(value: unknown): SendAnswer
}

interface LinkState {
  readonly link: Link
  readonly settings: BroadcastLinkSettings
  readonly codec: Codec<unknown>
  /** Of the read under way: the messages, or what they mean where nobody keeps them. */
  messages: Buffer[]
  values: unknown[]
  receivedCount: number
  isBroken: boolean
  /** The queue was full: what is to be sent waits in the stash. */
  isHolding: boolean
}

type LinkSelf = Self<LinkState, BroadcastLinkProtocol & LinkProtocol>

/** One connection on which values travel: of a server, or of a client. */
export const BroadcastLink = implementConnection<BroadcastLinkProtocol>()({
  name: 'BroadcastLink',
  module: import.meta.url,
  async start(_self, link, settings: BroadcastLinkSettings): Promise<LinkState> {
    const codec = await loadCodec(settings.codec)
    if (settings.destination === undefined) link.ignore()
    return { link, settings, codec, messages: [], values: [], receivedCount: 0, isBroken: false, isHolding: false }
  },
  frame({ state }, link, message) {
    const { destination } = state.settings
    if (destination === undefined || state.isBroken) return
    // A copy: the view ends with this call, and so would what the codec shows of it.
    const bytes = Buffer.from(message)
    if (destination.kind === 'keeper') return void state.messages.push(bytes)
    try {
      state.values.push(state.codec.decode(bytes))
      state.receivedCount++
    } catch (error) {
      breakOff(state, link, message.length, (error as TroupeError).message)
    }
  },
  batchEnd(self, link) {
    const { state } = self
    const { values, messages, settings } = state
    if (settings.destination?.kind === 'receiver' && values.length > 0) {
      state.values = []
      giveEach(self, link, settings.destination.ref, values)
    } else if (settings.destination?.kind === 'keeper' && messages.length > 0) {
      state.messages = []
      keep(self, link, settings.destination.ref, messages)
    }
  },
  drained(self) {
    self.state.isHolding = false
    self.unstash()
  },
  ended({ state }, link) {
    if (state.settings.halfClosed === 'end') link.end()
  },
  closed(self, link, error) {
    const { role } = self.state.settings
    if (role === 'server') {
      // In order on both sides, that is no news.
      if (error === undefined) self.log.debug({ remote: link.remote }, `client ${link.remote} has ended`)
      else
        self.log.warn({ remote: link.remote, code: error.code }, `client ${link.remote} is removed: ${error.message}`)
    } else if (role === 'again' && error === undefined) {
      // It ended in order, which is no failure; but only what fails is started again.
      throw new UnreachableError('connection-closed', `${link.remote} ended the connection`)
    }
  },
  on: {
    batch(self, memory, messages, ends) {
      const { state } = self
      if (state.isHolding) return self.stash()
      const { link } = state
      const result =
        memory instanceof Frame ? link.sendFrame(memory, messages, ends) : link.sendFramed(memory, messages, ends)
      if (result === 'queue-full') hold(self)
    },
    send(self, value) {
      const { state } = self
      if (state.isHolding) return self.stash()
      try {
        const result = state.link.sendValue(state.codec, value)
        return result === 'queue-full' ? hold(self) : result
      } catch (error) {
        return sendRefusal(self.log, error)
      }
    },
  },
  stop({ state }) {
    if (state.settings.endsAtOnce) state.link.destroy()
  },
})

/** The current message is handled again when there is room, and those behind it wait for it. */
function hold(self: LinkSelf): void {
  self.state.isHolding = true
  self.stash()
}

/** The connection goes on sending meanwhile, so nobody waits in a handler. */
function keep(self: LinkSelf, link: Link, keeper: ActorRef<LinkKeeper>, messages: readonly Buffer[]): void {
  const { state } = self
  link.pause()
  void given(self, keeper, messages).then(
    (undecodable) => {
      if (undecodable === undefined) {
        state.receivedCount += messages.length
        return link.resume()
      }
      state.receivedCount += undecodable.index
      breakOff(state, link, messages[undecodable.index]?.length ?? 0, undecodable.text)
    },
    (error: TroupeError) => link.destroy(error),
  )
}

/** To another thread as a frame, which may be as large as a message of the peer; to this one as it is. */
async function given(
  self: LinkSelf,
  keeper: ActorRef<LinkKeeper>,
  messages: readonly Buffer[],
): Promise<Undecodable | undefined> {
  const { path } = self
  const bytes = messages.length === 1 ? (messages[0] as Buffer) : Buffer.concat(messages)
  let end = 0
  const ends = Uint32Array.from(messages, ({ length }) => (end += length))
  const isNear = self.state.settings.role !== 'server'
  const memory = isNear || bytes.length === 0 ? bytes : (sharedMemory(self, bytes) ?? bytes)
  const kept = memory instanceof Frame ? memory.retain() : undefined
  // Not an ask of `self`: what has been received is wanted also after the connection, and its actor, have ended.
  const { ask } = keeper.with({ deadlineMs: Number.POSITIVE_INFINITY })
  try {
    for (;;) {
      const answer = await ask.arrived(path, kept ?? memory, ends).catch(unlessFull)
      if (answer !== 'mailbox-full') return answer
      await keeper.ready()
    }
  } finally {
    kept?.release()
  }
}

function unlessFull(error: TroupeError): 'mailbox-full' {
  if (error.code !== 'mailbox-full') throw error
  return 'mailbox-full'
}

/** Values are told; every so often one is asked, so that a receiver on another thread gets no more than its mailbox holds. */
const GROUP_MAX = 32

function giveEach(self: LinkSelf, link: Link, receiver: ActorRef<ValueReceiver>, values: readonly unknown[]): void {
  link.pause()
  void giveAll(receiver, self.path, values).then(
    () => link.resume(),
    (error: TroupeError) => link.destroy(error), // nobody is there any more
  )
}

async function giveAll(receiver: ActorRef<ValueReceiver>, from: string, values: readonly unknown[]): Promise<void> {
  const { ask } = receiver.with({ deadlineMs: Number.POSITIVE_INFINITY })
  for (let index = 0; index < values.length; index++) {
    const isLastOfGroup = index === values.length - 1 || index % GROUP_MAX === GROUP_MAX - 1
    const isTaken = isLastOfGroup
      ? await ask.received(values[index], from).then(() => true, isHandled)
      : receiver.tell.received(values[index], from) !== 'mailbox-full'
    if (isTaken) continue
    await receiver.ready()
    index--
  }
}

/** A receiver that fails with a value has had it: the next one goes to its next life. Throws if there will be none. */
function isHandled(error: TroupeError): boolean {
  if (error.code === 'actor-stopped' || error.code === 'actor-parked') throw error
  return error.code !== 'mailbox-full'
}

/** What comes behind an undecodable message is nothing to rely on. */
function breakOff(state: LinkState, link: Link, messageBytes: number, text: string): void {
  state.isBroken = true
  const which = `message ${state.receivedCount + 1} of ${link.remote} (${messageBytes} bytes)`
  link.destroy(new ProtocolError('decode', `${which} cannot be decoded: ${text}`))
}
