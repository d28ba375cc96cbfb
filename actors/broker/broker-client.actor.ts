import { type ActorRef, implement, type SpawnOptions, systemClock } from 'troupe'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import { type DialOptions, dial, dialBackoff, type Spawner } from '../connection/listen.ts'
import type { BrokerLinkOptions } from './broker.actor.ts'
import type { BrokerRefusal } from './broker-message.ts'
import { ActorOutlet, type BrokerSubscriber, StreamOutlet } from './broker-outlet.ts'
import { ClientConnection } from './client-connection.actor.ts'
import { type BrokerClientStatistics, ClientSession, clientSessions } from './client-session.ts'

export interface BrokerClientProtocol {
  /**
   * Resolves when the message is on its way: it waits while there is no connection and while the broker is too slow, in the order of
   * publishing; what does not fit waits in the mailbox of the client. Answers why not, for a topic or a length that cannot be. What the broker
   * refuses is told to the observer.
   */
  publish(topic: string, data: Uint8Array): Promise<BrokerRefusal | undefined>
  /**
   * Resolves with undefined when the broker has confirmed it, or with its refusal; after a break it is subscribed again. Messages go to `to`,
   * in addition to whom they go already. Without one only streams get them. An actor that stops is unsubscribed.
   */
  subscribe(topic: string, to?: ActorRef<BrokerSubscriber>): Promise<BrokerRefusal | undefined>
  /** For all that it was subscribed for. Resolves when nothing of it follows. */
  unsubscribe(topic: string): Promise<void>
  /**
   * Messages of a topic, which is subscribed to as long as somebody reads. Ends at once if the broker refuses. While 1,024 of them or 4 MiB wait to
   * be read, nothing more is read from the broker.
   */
  messages(topic: string): AsyncGenerator<Uint8Array, undefined, undefined>
  statistics(): BrokerClientStatistics
  /** Sends what is queued, then ends the connection and the client. */
  close(): void
}

/** Who wants to know what became of messages that were published. */
export interface BrokerClientObserver {
  publishRejected(topic: string, why: BrokerRefusal): void
}

export interface ConnectBrokerOptions {
  /** Of the connection. @default those of any link */
  readonly link?: BrokerLinkOptions
  /** As of `dial`. @default 5_000 */
  readonly connectTimeoutMs?: number
  /** Between attempts to connect. @default 100 ms to 30 s, unlimited */
  readonly backoff?: DialOptions['backoff']
  /** @default nobody */
  readonly observer?: ActorRef<BrokerClientObserver>
  readonly spawn?: SpawnOptions
}

interface ClientSettings extends Omit<ConnectBrokerOptions, 'spawn'> {
  readonly endpoint: string
}

interface ClientState {
  readonly session: ClientSession
  readonly sessionKey: string
}

/** Publishes that wait at the same time; more of them wait in the mailbox. */
const CONCURRENCY = 1_024

/** A client of a broker. Spawned by `connectBroker`. */
export const BrokerClient = implement<BrokerClientProtocol>()({
  name: 'BrokerClient',
  module: import.meta.url,
  concurrency: CONCURRENCY,
  start(self, { endpoint, link, connectTimeoutMs, backoff, observer }: ClientSettings): ClientState {
    const { log } = self
    const sessionKey = `${self.path}:${systemClock.nowMs()}`
    const session = new ClientSession({
      rejected(topic, why) {
        if (observer !== undefined) observer.tell.publishRejected(topic, why)
        else if (session.statistics.rejectedMessages === 1) log.warn({ topic, code: why.code }, why.text)
      },
      lost: (topic, { code, text }) => log.warn({ topic, code }, `no longer subscribed: ${text}`),
    })
    clientSessions.set(sessionKey, session)
    dial(self, ClientConnection, endpoint, [sessionKey], {
      name: 'connection',
      restart: 'permanent', // a broker that ends in order may come back
      backoff: backoff ?? dialBackoff,
      link: { ...link, overflow: 'reject' },
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    })
    return { session, sessionKey }
  },
  on: {
    // A promise only where it has to wait: most messages are sent within the turn.
    publish: ({ state }, topic, data) => state.session.publish(topic, data) as Promise<BrokerRefusal | undefined>,
    subscribe({ state: { session } }, topic, to) {
      const outlet = to && new ActorOutlet(to, (gone, where) => session.leave(where, gone))
      return session.subscribe(topic, outlet)
    },
    unsubscribe: ({ state }, topic) => state.session.unsubscribe(topic),
    messages: ({ state: { session } }, topic) =>
      new StreamOutlet(
        async (outlet) => (await session.subscribe(topic, outlet)) === undefined,
        (outlet) => session.leave(topic, outlet),
      ),
    statistics: ({ state }) => state.session.statistics,
    close(self) {
      self.state.session.close()
      self.stop()
    },
  },
  stop: ({ state }) => void clientSessions.delete(state.sessionKey),
})

/**
 * Starts a client of the broker there: `connectBroker(system, 'tcp://example.org:7000')`. It connects by itself, again after each break, and
 * may be used at once.
 */
export function connectBroker(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  options: ConnectBrokerOptions = {},
): ActorRef<BrokerClientProtocol> {
  const { spawn, ...others } = options
  const settings = { ...others, endpoint: formatEndpoint(resolveEndpoint(endpoint)) }
  return spawner.spawn(BrokerClient as never, [settings] as never, {
    restart: 'transient',
    ...spawn,
  }) as ActorRef<BrokerClientProtocol>
}
