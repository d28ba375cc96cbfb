import { type ActorRef, implement, type SpawnOptions, systemClock, type TroupeError, UsageError } from 'troupe'
import { checkDialling, checkSpawner, streamEndpoint } from '../connection/early-check.ts'
import { type EndpointOptions, formatEndpoint } from '../connection/endpoint.ts'
import { type DialOptions, dial, dialBackoff, type Spawner } from '../connection/listen.ts'
import { refusalOfNoArray, type SendManyResult, type SendOneOptions, type SendOptions } from './message-feed.ts'
import { checkOutboxPlace } from './outbox-options.ts'
import type { DeliveryResult } from './outgoing-message.ts'
import type { ReliableBatchReceiver, ReliableReceiver } from './receiver-outlet.ts'
import { ReliableClientLink } from './reliable-client-link.actor.ts'
import { type OutboxPlace, openOutbox, sessionHosts } from './reliable-hosts.ts'
import { linkOptionsOf, type ReliableLinkOptions } from './reliable-link.ts'
import { ReliableMetrics } from './reliable-metrics.ts'
import { type ReliableOptions, resolveReliableOptions } from './reliable-options.ts'
import { type ReceiverRef, ReliablePeer } from './reliable-peer.ts'
import type { SessionStatistics } from './reliable-session.ts'

export interface ReliableClientStatistics extends SessionStatistics {
  /** Whether both sides know each other, over the link of the moment. */
  readonly isConnected: boolean
}

export interface ReliableClientProtocol {
  /** Resolves when it is known what became of the message: always. While the queue is full, `block` has it wait here. */
  send(payload: Uint8Array, options?: SendOneOptions): Promise<DeliveryResult>
  /** Many at once, in order: one answer for all of them. They enter the queue as it has room. */
  sendMany(payloads: readonly Uint8Array[], options?: SendOptions): Promise<SendManyResult>
  /** Takes a message back. Answers whether it was on its way. */
  cancel(id: string): boolean
  statistics(): ReliableClientStatistics
  /** In the text format of Prometheus. */
  metrics(): string
  /** Ends for good: what is pending is `abandoned` as `closed`, and the peer is told. */
  close(): void
}

export interface DialReliableOptions extends ReliableOptions {
  /** Who gets what the peer sends. @default nobody: it is rejected as `no-receiver` */
  readonly receiver?: ActorRef<ReliableReceiver>
  /** The same, by the batch. */
  readonly batchReceiver?: ActorRef<ReliableBatchReceiver>
  /** What metrics, logs and the receiver call the peer. @default the endpoint */
  readonly peerName?: string
  /** Messages survive the process. @default they do not */
  readonly outbox?: OutboxPlace
  readonly link?: ReliableLinkOptions
  /** As of `dial`. @default 5_000 */
  readonly connectTimeoutMs?: number
  /** Between attempts to connect. @default 100 ms to 30 s, unlimited */
  readonly backoff?: DialOptions['backoff']
  readonly spawn?: SpawnOptions
}

interface Settings {
  readonly endpoint: string
  readonly session: ReliableOptions
  readonly receivers: ReceiverRef
  readonly peerName: string
  readonly outbox: OutboxPlace | undefined
  readonly link: ReliableLinkOptions | undefined
  readonly connectTimeoutMs: number | undefined
  readonly backoff: DialOptions['backoff'] | undefined
}

interface State {
  readonly key: string
  readonly peer: ReliablePeer
  readonly metrics: ReliableMetrics
}

/** Sends that wait for their results, and what else is asked meanwhile. */
const CONCURRENCY = 1_000_000

/** The dialling side of a reliable session. Spawned by `dialReliable`. */
export const ReliableClient = implement<ReliableClientProtocol>()({
  name: 'ReliableClient',
  module: import.meta.url,
  concurrency: CONCURRENCY,
  async start(self, settings: Settings): Promise<State> {
    const { endpoint, session, receivers, peerName, link, connectTimeoutMs, backoff } = settings
    const outbox = await openOutbox(settings.outbox).catch(notAgain)
    const metrics = new ReliableMetrics()
    const { ref, log } = self
    const isStopping = (): boolean => ref.tell.cancel('') === 'actor-stopped'
    const peer = new ReliablePeer({ options: session, peerName, receivers, metrics, log, outbox, isStopping })
    const key = `${self.path}:${systemClock.nowMs()}`
    sessionHosts.set(key, { peerOf: () => peer })
    dial(self, ReliableClientLink, endpoint, [key], {
      name: 'link',
      restart: 'permanent', // a peer that ends in order may come back
      backoff: backoff ?? dialBackoff,
      link: linkOptionsOf(link),
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    })
    return { key, peer, metrics }
  },
  on: {
    send: ({ state }, payload, options) => state.peer.send(payload, options),
    sendMany: ({ state }, payloads, options) => refusalOfNoArray(payloads) ?? state.peer.sendMany(payloads, options),
    cancel: ({ state }, id) => state.peer.cancel(id),
    statistics: ({ state: { peer } }) => ({ isConnected: peer.isConnected, ...peer.statistics }),
    metrics: ({ state }) => state.metrics.text(),
    close(self) {
      self.state.peer.close()
      self.stop()
    },
  },
  async stop({ state }) {
    sessionHosts.delete(state.key)
    await state.peer.stop()
  },
})

/** No restart cures a place that is no use; but a lock goes with who holds it. */
function notAgain(error: TroupeError): never {
  throw error.code === 'outbox-locked' ? error : Object.assign(error, { retryable: false })
}

/**
 * Opens a reliable session with whoever listens there: `dialReliable(system, 'tcp://example.org:7000', { name: 'lamp-1', receiver })`. It
 * connects by itself, again after each break, and may be used at once. Throws `UsageError` for options that are unknown or out of range.
 */
export function dialReliable(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  options: DialReliableOptions = {},
): ActorRef<ReliableClientProtocol> {
  const { receiver, batchReceiver, peerName, outbox, link, connectTimeoutMs, backoff, spawn, ...session } = options
  checkSpawner('dialReliable', spawner) // a mistake shows where it was made
  resolveReliableOptions(session)
  checkDialling('dialReliable', { link, connectTimeoutMs, backoff })
  if (outbox !== undefined) checkOutboxPlace('dialReliable: outbox', outbox)
  const url = formatEndpoint(streamEndpoint('dialReliable', endpoint))
  const receivers = receiversOf('dialReliable', receiver, batchReceiver)
  const settings: Settings = {
    endpoint: url,
    session,
    receivers,
    peerName: peerName ?? url,
    outbox,
    link,
    connectTimeoutMs,
    backoff,
  }
  const spawning = { restart: 'transient', ...spawn } as const
  return spawner.spawn(ReliableClient as never, [settings] as never, spawning) as ActorRef<ReliableClientProtocol>
}

export function receiversOf(
  owner: string,
  receiver: ActorRef<ReliableReceiver> | undefined,
  batchReceiver: ActorRef<ReliableBatchReceiver> | undefined,
): ReceiverRef {
  if (receiver !== undefined && batchReceiver !== undefined) {
    throw new UsageError('invalid-option', `${owner}: receiver and batchReceiver exclude each other, got both`)
  }
  return batchReceiver === undefined ? { receiver } : { batchReceiver }
}
