import { type ActorRef, implement, type Self, systemClock, UsageError } from 'troupe'
import { loadFraming } from '../connection/framing-spec.ts'
import type { LinkOptions } from '../connection/link-options.ts'
import { dial, listen } from '../connection/listen.ts'
import type { ListenerProtocol } from '../connection/listener.actor.ts'
import { RawFraming } from '../connection/raw-framing.ts'
import type { ChaosConfig, ChaosDirection } from './chaos-config.ts'
import { ChaosFar, ChaosNear, RawChaosFar, RawChaosNear } from './chaos-connection.actor.ts'
import { ChaosHub, type ChaosStatistics, chaosHubs } from './chaos-hub.ts'
import type { ChaosSettings } from './chaos-options.ts'

export interface ChaosProtocol {
  /** Where it listens, with the port that was chosen. */
  endpoint(): Promise<string>
  /**
   * Other faults from now on, for open connections too; what is not named is as in a network without faults. Answers the error, and keeps
   * what was, for a config that cannot be.
   */
  set(config: ChaosConfig, direction?: ChaosDirection | 'both'): UsageError | undefined
  /** Nothing gets through any more. Answers the error for a direction that there is not. @default 'both' */
  partition(direction?: ChaosDirection | 'both'): UsageError | undefined
  /** The end of the partition; other faults stay. */
  heal(): void
  /** Resets both sides of all connections, or of the one from this address. Answers how many. */
  reset(remote?: string): number
  /** Ends them in order. What is held is lost. Answers how many. */
  kick(remote?: string): number
  /** Where the accepted connections come from. */
  connections(): readonly string[]
  statistics(): ChaosStatistics
  /** Tells it, of its own connections: one was accepted. */
  accepted(pair: number): void
}

interface ChaosState {
  readonly settings: ChaosSettings
  readonly hubKey: string
  readonly hub: ChaosHub
  readonly listener: ActorRef<ListenerProtocol>
  readonly link: LinkOptions
  /** Connections that were dialled, by the path of their actor. */
  readonly dialled: Map<string, number>
}

type ChaosSelf = Self<ChaosState, ChaosProtocol>

/** A bad network between two endpoints. Spawned by `spawnChaos`. */
export const Chaos = implement<ChaosProtocol>()({
  name: 'Chaos',
  module: import.meta.url,
  start: (self, settings: ChaosSettings): Promise<ChaosState> =>
    start(self, settings).catch((error: Error) => {
      // As of a listener: no restart cures a wrong option or an address in use.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoint: (self) => self.ask(self.state.listener).endpoint(),
    set: ({ state }, config, direction = 'both') => mistakeOf(() => state.hub.set(config, direction)),
    partition: ({ state }, direction = 'both') => mistakeOf(() => state.hub.partition(direction)),
    heal: ({ state }) => state.hub.partition('none'),
    reset: ({ state }, remote) => state.hub.forEach(remote, (pair) => pair.reset()),
    kick: ({ state }, remote) => state.hub.forEach(remote, (pair) => pair.kick()),
    connections({ state }) {
      const found: string[] = []
      state.hub.forEach(undefined, ({ remote }) => void found.push(remote))
      return found
    },
    statistics: ({ state }) => state.hub.statistics,
    accepted: (self, pair) => dialFor(self, pair),
  },
  signals: {
    down({ state }, ref) {
      const number = state.dialled.get(ref.path)
      state.dialled.delete(ref.path)
      const pair = number === undefined ? undefined : state.hub.pair(number)
      if (pair?.failedDial() === true) state.hub.failedDials++
    },
  },
  stop: ({ state }) => void chaosHubs.delete(state.hubKey),
})

/** As an answer: a handler that throws would end the network between the two. */
function mistakeOf(act: () => void): UsageError | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}

async function start(self: ChaosSelf, settings: ChaosSettings): Promise<ChaosState> {
  const { framing } = settings
  const { ref } = self
  const hubKey = `${self.path}:${systemClock.nowMs()}`
  const codec = framing === 'raw' ? new RawFraming() : await loadFraming(framing)
  const hub = new ChaosHub(settings, codec, (pair) => void ref.tell.accepted(pair))
  chaosHubs.set(hubKey, hub)
  const link: LinkOptions = framing === 'raw' ? {} : { framing }
  try {
    const listener = listen(self, framing === 'raw' ? RawChaosNear : ChaosNear, settings.listen, [hubKey], {
      link,
      threads: 1,
      spread: 'one-thread', // this one, where the hub is
      spawn: { name: 'listener' },
    })
    await listener.ready()
    return { settings, hubKey, hub, listener, link, dialled: new Map() }
  } catch (error) {
    chaosHubs.delete(hubKey)
    throw error
  }
}

function dialFor(self: ChaosSelf, pair: number): void {
  const { settings, hub, hubKey, link, dialled } = self.state
  if (hub.pair(pair) === undefined) return // gone already
  const definition = settings.framing === 'raw' ? RawChaosFar : ChaosFar
  const options = { name: `far-${pair}`, restart: 'temporary', link } as const
  const ref = dial(self, definition, settings.to, [hubKey, pair], options)
  dialled.set(ref.path, pair)
  self.watch(ref as ActorRef<never>)
}
