import { type ActorRef, describeExit, type ExitReason, implement, type Self, UnreachableError } from 'troupe'
import { type CodecSpec, loadCodec } from '../codec/codec-spec.ts'
import type { LinkProtocol } from '../connection/implement-connection.ts'
import type { LinkStatistics } from '../connection/link.ts'
import type { LinkOptions } from '../connection/link-options.ts'
import { dial } from '../connection/listen.ts'
import {
  BroadcastLink,
  type BroadcastLinkProtocol,
  type LinkKeeper,
  type ValueReceiver,
} from './broadcast-link.actor.ts'
import { Intake } from './intake.ts'
import type { SendAnswer } from './send-answer.ts'
import { startedOr } from './started-or.ts'

/** What a client has done since it was started. Counts. */
export interface ClientStatistics {
  readonly receivedMessages: number
  /** Received, and not yet asked for. */
  readonly waitingMessages: number
  /** Of the connection that is open, or undefined without one. */
  readonly link: LinkStatistics | undefined
}

/** One of many consumers of one producer. */
export interface ReceiverClient<T> {
  /**
   * The next value. When the connection has ended and nothing is left of what it brought, the ask rejects with the reason,
   * `connection-closed` where the server ended it, and the client ends; not if it connects again.
   */
  recv(): T
  /**
   * At least one, at most so many: fewer messages where many values wait. Answers none, and the client ends, when the server has
   * ended the connection; for every other end it rejects as `recv` does.
   */
  recvMany(countMax: number): readonly T[]
  statistics(): Promise<ClientStatistics>
  /** Ends the connection and the client. */
  close(): void
}

/** One of many producers for one consumer. */
export interface SenderClient<T> {
  /** Answered when it is queued, or dropped by the queue's policy, or refused. */
  send(value: T): SendAnswer
  /** Sends what is queued, then ends connection and client. */
  endLink(): void
  linkStatistics(): LinkStatistics
}

/** Both directions. */
export interface DuplexClient<T, R = T> extends ReceiverClient<R> {
  /** As of `SenderClient`. `closed`, too, for what was under way when the connection went. */
  send(value: T): SendAnswer
}

/** Plain values, and refs. */
export interface ClientSettings {
  readonly codec: CodecSpec
  readonly sends: boolean
  readonly reconnect: boolean
  readonly connectTimeoutMs: number | undefined
  readonly to: ActorRef<ValueReceiver> | undefined
  readonly inboxMessagesMax: number
  readonly inboxBytesMax: number
  readonly link: LinkOptions
}

interface ClientProtocol extends DuplexClient<unknown>, LinkKeeper {
  send(value: unknown): SendAnswer
}

interface ClientState {
  readonly settings: ClientSettings
  readonly link: ActorRef<BroadcastLinkProtocol & LinkProtocol>
  readonly intake: Intake<unknown>
  /** Why there will be no more. */
  ended: ExitReason | undefined
}

type ClientSelf = Self<ClientState, ClientProtocol>

const ANSWER_MS = 5_000

/**
 * Holds what its connection receives, through every reconnect: the connection is its child, which fails with the socket. Spawned by
 * `receiveBroadcast` and `dialDuplex`.
 */
export const BroadcastClient = implement<ClientProtocol>()({
  name: 'BroadcastClient',
  module: import.meta.url,
  concurrency: 256, // what is sent waits for room, while values are asked for
  async start(self, endpoint: string, settings: ClientSettings): Promise<ClientState> {
    const { codec, to, reconnect, sends, connectTimeoutMs, inboxMessagesMax, inboxBytesMax } = settings
    const destination =
      to === undefined ? ({ kind: 'keeper', ref: self.ref } as const) : ({ kind: 'receiver', ref: to } as const)
    const role = reconnect ? 'again' : 'once'
    const linkSettings = { codec, destination, halfClosed: 'end', endsAtOnce: !sends, role } as const
    const link = dial(self, BroadcastLink, endpoint, [linkSettings], {
      name: 'link',
      link: settings.link,
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
      restart: reconnect ? 'transient' : 'temporary',
    })
    self.watch(link as ActorRef<never>)
    if (!reconnect) await startedOr(link)
    return {
      settings,
      link,
      intake: new Intake(await loadCodec(codec), inboxMessagesMax, inboxBytesMax),
      ended: undefined,
    }
  },
  on: {
    arrived: (self, from, memory, ends) => self.state.intake.arrived(self, from, memory, ends),
    recv: (self) => received(self, 1)?.[0],
    recvMany(self, countMax) {
      const { intake, ended } = self.state
      if (intake.count > 0 || ended?.kind !== 'normal') return received(self, countMax) as unknown[]
      self.stop()
      return []
    },
    send: (self, value) =>
      self
        .ask(self.state.link, { deadlineMs: Number.POSITIVE_INFINITY })
        .send(value)
        .catch(() => 'closed' as const),
    async statistics(self) {
      const { link, intake, ended } = self.state
      const asked = ended === undefined ? self.ask(link, { deadlineMs: ANSWER_MS }).linkStatistics() : undefined
      const statistics = await asked?.catch(() => undefined)
      return { receivedMessages: intake.receivedMessages, waitingMessages: intake.count, link: statistics }
    },
    close: (self) => self.stop(),
  },
  signals: {
    down(self, _ref, reason) {
      self.state.ended = reason
      self.state.intake.wake(self)
    },
  },
})

/** Answers undefined for a message that has to wait. */
function received(self: ClientSelf, countMax: number): unknown[] | undefined {
  const { intake, ended } = self.state
  if (intake.count === 0 && ended !== undefined) throw reasonOf(ended)
  return intake.take(self, countMax)?.map(({ value }) => value)
}

function reasonOf(reason: ExitReason): unknown {
  if ('error' in reason) return reason.error
  return new UnreachableError('connection-closed', `the server ended the connection (${describeExit(reason)})`)
}
