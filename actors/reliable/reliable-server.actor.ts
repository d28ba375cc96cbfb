import { type ActorRef, implement, type Self, type SpawnOptions, systemClock } from 'troupe'
import { checkDialling, checkSpawner, streamEndpoint } from '../connection/early-check.ts'
import { type EndpointOptions, formatEndpoint } from '../connection/endpoint.ts'
import { listen, type Spawner } from '../connection/listen.ts'
import type { ListenerProtocol } from '../connection/listener.actor.ts'
import { checkedOptions } from '../connection/option-check.ts'
import { refusalOfNoArray, type SendManyResult, type SendOneOptions, type SendOptions } from './message-feed.ts'
import { checkOutboxPlace } from './outbox-options.ts'
import type { DeliveryResult } from './outgoing-message.ts'
import type { ReliableBatchReceiver, ReliableReceiver } from './receiver-outlet.ts'
import { receiversOf } from './reliable-client.actor.ts'
import { type OutboxPlace, sessionHosts } from './reliable-hosts.ts'
import { linkOptionsOf, type ReliableLinkOptions } from './reliable-link.ts'
import { ReliableMetrics } from './reliable-metrics.ts'
import { type ReliableOptions, resolveReliableOptions } from './reliable-options.ts'
import type { ReceiverRef } from './reliable-peer.ts'
import { ReliableServerLink } from './reliable-server-link.actor.ts'
import type { SessionStatistics } from './reliable-session.ts'
import { ServedPeers } from './served-peers.ts'

export interface ServedPeer {
  readonly name: string
  readonly isConnected: boolean
  readonly pendingMessages: number
}

export interface ReliableServerProtocol {
  /** With the port that was chosen. */
  endpoint(): Promise<string>
  peers(): readonly ServedPeer[]
  /** As of a client, to the peer of that name; one that was never here is `rejected` as `unknown-peer`. */
  send(peer: string, payload: Uint8Array, options?: SendOneOptions): Promise<DeliveryResult>
  sendMany(peer: string, payloads: readonly Uint8Array[], options?: SendOptions): Promise<SendManyResult>
  cancel(peer: string, id: string): boolean
  /** Undefined for a peer that is not known. */
  statistics(peer: string): SessionStatistics | undefined
  /** Of all peers, in the text format of Prometheus. */
  metrics(): string
  /** Ends the session of a peer: what is pending is abandoned. Answers whether there was one. */
  forget(peer: string): boolean
  /** Accepts no more, ends all sessions. */
  close(): Promise<void>
}

export interface ServedOptions {
  /** Sessions that are held at the same time, those without a connection included. Count, 1 to 1,000,000. @default 1_000 */
  readonly peersMax?: number
  /** The session of a peer that does not come back is ended after so long. Milliseconds, >= 1,000. @default 600_000 */
  readonly forgetMs?: number
}

export interface ServeReliableOptions extends ReliableOptions, ServedOptions {
  /** Who gets what peers send. @default nobody: it is rejected as `no-receiver` */
  readonly receiver?: ActorRef<ReliableReceiver>
  /** The same, by the batch. */
  readonly batchReceiver?: ActorRef<ReliableBatchReceiver>
  /** Messages to peers survive the process; each peer has a directory in there. @default they do not */
  readonly outbox?: OutboxPlace
  readonly link?: ReliableLinkOptions
  readonly spawn?: SpawnOptions
}

export interface ServerSettings {
  readonly endpoint: string
  readonly session: ReliableOptions
  readonly served: Required<ServedOptions>
  readonly receivers: ReceiverRef
  readonly outbox: OutboxPlace | undefined
  readonly link: ReliableLinkOptions | undefined
}

interface State {
  readonly key: string
  readonly peers: ServedPeers
  readonly metrics: ReliableMetrics
  readonly listener: ActorRef<ListenerProtocol>
}

type ServerSelf = Self<State, ReliableServerProtocol & { lookAround(): void }>

const CONCURRENCY = 1_000_000
const LOOKS = 4
const ANSWER_MS = 10_000
const LINK_GRACE_MS = 1_000

const servedDefaults: Required<ServedOptions> = Object.freeze({ peersMax: 1_000, forgetMs: 600_000 })

/** The listening side of reliable sessions, all on its own thread. Spawned by `serveReliable`. */
export const ReliableServer = implement<ReliableServerProtocol & { lookAround(): void }>()({
  name: 'ReliableServer',
  module: import.meta.url,
  concurrency: CONCURRENCY,
  start: (self, settings: ServerSettings): Promise<State> =>
    start(self, settings).catch((error: Error) => {
      // As of a listener: no restart cures a wrong option or an address in use.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoint: (self) => self.ask(self.state.listener, { deadlineMs: ANSWER_MS }).endpoint(),
    peers: ({ state }) => state.peers.list(),
    send: async ({ state }, name, payload, options) => state.peers.get(name)?.send(payload, options) ?? unknownPeer(),
    async sendMany({ state }, name, payloads, options) {
      const refusal = refusalOfNoArray(payloads)
      if (refusal !== undefined) return refusal
      const peer = state.peers.get(name)
      if (peer !== undefined) return peer.sendMany(payloads, options)
      return { delivered: 0, failed: payloads.map((_, index) => ({ index, result: unknownPeer() })) }
    },
    cancel: ({ state }, name, id) => state.peers.get(name)?.cancel(id) ?? false,
    statistics: ({ state }, name) => state.peers.get(name)?.statistics,
    metrics: ({ state }) => state.metrics.text(),
    forget: ({ state }, name) => state.peers.forget(name),
    lookAround: ({ state }) => state.peers.forgetAbsent(systemClock.nowMs()),
    async close(self) {
      self.state.peers.close()
      await self.ask(self.state.listener, { deadlineMs: ANSWER_MS }).close(LINK_GRACE_MS)
      self.stop()
    },
  },
  async stop({ state }) {
    sessionHosts.delete(state.key)
    await state.peers.stop()
  },
})

async function start(self: ServerSelf, settings: ServerSettings): Promise<State> {
  const { endpoint, served, link } = settings
  const metrics = new ReliableMetrics({ devicesMax: Math.min(served.peersMax, 100_000) })
  const { ref, log } = self
  const peers = new ServedPeers(settings, metrics, log, () => ref.tell.cancel('', '') === 'actor-stopped')
  const key = `${self.path}:${systemClock.nowMs()}`
  sessionHosts.set(key, peers)
  try {
    const listener = listen(self, ReliableServerLink, endpoint, [key], {
      link: linkOptionsOf(link),
      connectionsMax: served.peersMax,
      threads: 1,
      spread: 'one-thread', // this one, where the sessions are
      spawn: { name: 'listener' },
    })
    await listener.ready()
    self.timers.every('look', served.forgetMs / LOOKS, 'lookAround')
    return { key, peers, metrics, listener }
  } catch (error) {
    sessionHosts.delete(key)
    throw error
  }
}

function unknownPeer(): DeliveryResult {
  return { kind: 'rejected', id: '', reason: 'unknown-peer', attempts: 0 }
}

/**
 * Takes reliable sessions: `serveReliable(system, 'tcp://0.0.0.0:7000', { receiver })`. A peer that gives a name finds its session again, whichever
 * connection it comes on; the name is what it says, and proves nothing. `ready()` of the answer rejects if the address cannot be listened on.
 * Throws `UsageError` for options that are unknown or out of range.
 */
export function serveReliable(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  options: ServeReliableOptions = {},
): ActorRef<ReliableServerProtocol> {
  const { receiver, batchReceiver, outbox, link, spawn, peersMax, forgetMs, ...session } = options
  checkSpawner('serveReliable', spawner) // a mistake shows where it was made
  resolveReliableOptions(session)
  checkDialling('serveReliable', { link })
  if (outbox !== undefined) checkOutboxPlace('serveReliable: outbox', outbox)
  const settings: ServerSettings = {
    endpoint: formatEndpoint(streamEndpoint('serveReliable', endpoint)),
    session,
    served: checkedOptions('reliable server', { peersMax, forgetMs } as ServedOptions, servedDefaults, {
      peersMax: { min: 1, max: 1_000_000, unit: 'sessions', isWhole: true },
      forgetMs: { min: 1_000, max: Number.MAX_SAFE_INTEGER, unit: 'ms' },
    }),
    receivers: receiversOf('serveReliable', receiver, batchReceiver),
    outbox,
    link,
  }
  const spawning = { restart: 'transient', ...spawn } as const
  return spawner.spawn(ReliableServer as never, [settings] as never, spawning) as ActorRef<ReliableServerProtocol>
}
