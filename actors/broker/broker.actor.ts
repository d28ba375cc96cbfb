import { type ActorRef, implement, type Self, systemClock, type UsageError } from 'troupe'
import type { ConnectionInfo } from '../connection/connection-info.ts'
import { loadFraming } from '../connection/framing-spec.ts'
import { type LinkOptions, linkDefaults } from '../connection/link-options.ts'
import { listen } from '../connection/listen.ts'
import type { ListenerProtocol, ListenerStatistics } from '../connection/listener.actor.ts'
import { BrokerConnection } from './broker-connection.actor.ts'
import { BrokerHub, type BrokerStatistics, brokerHubs } from './broker-hub.ts'
import { type BrokerOptions, resolveBrokerOptions } from './broker-options.ts'
import type { TopicStatistics } from './topic.ts'

export interface BrokerProtocol {
  /** Where it listens, with the ports that the operating system chose, in the order in which they were given. */
  endpoints(): readonly string[]
  statistics(): BrokerStatistics
  /** Undefined for a topic that there is not. */
  topicStatistics(topic: string): TopicStatistics | undefined
  /** Endpoint by endpoint. */
  listenerStatistics(): Promise<readonly ListenerStatistics[]>
  connections(): Promise<readonly ConnectionInfo[]>
  /**
   * Other options, for everything from now on but `connectionsMax`. Answers the error if it keeps the old ones: an option is wrong, or a
   * topic would change its routing. Topics that are no longer named go when nobody is subscribed and nothing waits.
   */
  reload(options: BrokerOptions): UsageError | undefined
  /**
   * Accepts no more, and ends all connections, each when it has been sent what it is to get. What waits in queues is lost. Answers how many
   * connections were still open after `graceMs`, and were cut off.
   */
  shutdown(graceMs?: number): Promise<number>
}

/** Of the connections. What does not fit into the queue of one is the business of its topic. */
export type BrokerLinkOptions = Omit<LinkOptions, 'overflow'>

export interface BrokerSettings {
  readonly endpoints: readonly string[]
  readonly broker: BrokerOptions
  readonly link: BrokerLinkOptions
}

interface BrokerState {
  readonly hubKey: string
  readonly hub: BrokerHub
  readonly listeners: readonly ActorRef<ListenerProtocol>[]
}

type BrokerSelf = Self<BrokerState, BrokerProtocol>

const GRACE_MS = 5_000
/** For an answer of a listener of ours, beyond what it was asked to wait. Milliseconds. */
const ANSWER_MS = 10_000

/** Topics for clients on any number of endpoints, all on its own thread. Spawned by `serveBroker`. */
export const Broker = implement<BrokerProtocol>()({
  name: 'Broker',
  module: import.meta.url,
  concurrency: 1_000,
  start: (self, settings: BrokerSettings): Promise<BrokerState> =>
    start(self, settings).catch((error: Error) => {
      // As of a listener: no restart cures a wrong option or an address in use.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoints: (self) => ofAll(self, (listener) => listener.endpoint()),
    statistics: ({ state }) => state.hub.statistics,
    topicStatistics: ({ state }, topic) => state.hub.statisticsOf(topic),
    listenerStatistics: (self) => ofAll(self, (listener) => listener.statistics()),
    connections: async (self) => (await ofAll(self, (listener) => listener.connections())).flat(),
    reload({ state }, options) {
      try {
        state.hub.configure(resolveBrokerOptions(options))
        return undefined
      } catch (error) {
        return error as UsageError
      }
    },
    async shutdown(self, graceMs = GRACE_MS) {
      self.state.hub.close()
      const left = await ofAll(self, (listener) => listener.close(graceMs), graceMs + ANSWER_MS)
      self.stop()
      return left.reduce((sum, count) => sum + count, 0)
    },
  },
  stop: ({ state }) => void brokerHubs.delete(state.hubKey),
})

async function start(self: BrokerSelf, { endpoints, broker, link }: BrokerSettings): Promise<BrokerState> {
  const options = resolveBrokerOptions(broker)
  const hubKey = `${self.path}:${systemClock.nowMs()}`
  const hub = new BrokerHub(options, await loadFraming(link.framing ?? linkDefaults.framing))
  brokerHubs.set(hubKey, hub)
  const { connectionsMax } = options
  try {
    const listeners = endpoints.map((endpoint, index) =>
      listen(self, BrokerConnection, endpoint, [hubKey], {
        link: { ...link, overflow: 'reject' },
        connectionsMax,
        threads: 1,
        spread: 'one-thread', // this one, where the hub is
        spawn: { name: `listener-${index}` },
      }),
    )
    for (const listener of listeners) await listener.ready()
    return { hubKey, hub, listeners }
  } catch (error) {
    brokerHubs.delete(hubKey)
    throw error
  }
}

function ofAll<T>(
  self: BrokerSelf,
  ask: (listener: ActorRef<ListenerProtocol>['ask']) => Promise<T>,
  deadlineMs = ANSWER_MS,
): Promise<T[]> {
  return Promise.all(self.state.listeners.map((ref) => ask(self.ask(ref, { deadlineMs }))))
}
