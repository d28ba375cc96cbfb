import type { Outcome, Tally } from '../harness/bench-case.ts'
import { latenciesOf, rateOf, settledMemory } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import { expectedTally } from '../peers/framed-stream.ts'
import { anyPort, unixAddress } from './addresses.ts'
import { requireOpenFiles } from './open-files.ts'
import { startPartner } from './partner.ts'
import type { Address, BroadcasterEnd, Ends, ReceiverEnd, SenderEnd } from './roles.ts'

export interface FlowSize {
  readonly [key: string]: number
  readonly messages: number
  readonly messageBytes: number
}

export interface CallSize {
  readonly [key: string]: number
  readonly calls: number
  readonly messageBytes: number
}

export interface IdleSize {
  readonly [key: string]: number
  readonly connections: number
}

export interface BroadcastSize {
  readonly [key: string]: number
  readonly clients: number
  /** Further clients, which never read. */
  readonly stalled: number
  readonly rounds: number
  readonly messageBytes: number
}

/** `stalled` clients are not counted. */
export function expectedDeliveries({ clients, rounds, messageBytes }: BroadcastSize): Tally {
  const { counted, checksum } = expectedTally({ messages: rounds, messageBytes })
  return { counted: clients * counted, checksum: clients * checksum }
}

/** What an idle connection has sent before it became idle. */
export const IDLE_MESSAGE_BYTES = 64
/** Less than that cannot be told from the size of a process. */
const PAGE_BYTES = 4_096
const WARM_UP_CONNECTIONS = 100

/**
 * The programs of all benches of connections, for a contender that is nothing but its ends. What is measured lives in this
 * process; its counterpart is a partner. Use: `export const works = netWorks(import.meta.url, ends)`.
 */
export function netWorks<E extends Partial<Ends>>(moduleUrl: string, ends: E) {
  /** An end in this process. */
  const here = <R extends keyof Ends>(role: R): Ends[R] => {
    const start = ends[role]
    if (start === undefined) throw new Error(`${moduleUrl} has no end '${role}'`)
    return start as Ends[R]
  }
  /** The receiver is here, the sender in a process of its own. */
  const twoProcesses = async (at: Address, { messages, messageBytes }: FlowSize): Promise<Outcome> => {
    const receiver = await here('receiver')(at)
    const sender = await startPartner('process', moduleUrl, 'sender', await receiver.address(), messageBytes)
    return rateOf(messages, (count) => transfer(sender, receiver, count))
  }
  return {
    unix: (size: FlowSize) => twoProcesses(unixAddress(), size),
    tcp: (size: FlowSize) => twoProcesses(anyPort, size),
    /** A worker thread each; this one only waits. */
    unixThreads: async ({ messages, messageBytes }: FlowSize): Promise<Outcome> => {
      const receiver = await startPartner('thread', moduleUrl, 'receiver', unixAddress())
      const sender = await startPartner('thread', moduleUrl, 'sender', await receiver.address(), messageBytes)
      return rateOf(messages, (count) => transfer(sender, receiver, count))
    },
    rtt: async ({ calls, messageBytes }: CallSize): Promise<Outcome> => {
      const echo = await startPartner('process', moduleUrl, 'echo', anyPort)
      const caller = await here('caller')(await echo.address(), messageBytes)
      return latenciesOf(calls, (index) => caller.call(index))
    },
    setup: async ({ calls, messageBytes }: CallSize): Promise<Outcome> => {
      const echo = await startPartner('process', moduleUrl, 'echo', anyPort)
      const visitor = await here('visitor')(await echo.address(), messageBytes)
      const startMs = performance.now()
      const warmUps = Math.ceil(calls / 5)
      const { counted, checksum, figures } = await latenciesOf(calls, (index) => visitor.call(index))
      const callsPerSecond = ((calls + warmUps) / (performance.now() - startMs)) * 1_000
      return { counted, checksum, figures: { p50: figures['p50']! / 1_000, rate: callsPerSecond } }
    },
    /** Connections that have sent one message each and are held open by another process. */
    memory: async ({ connections }: IdleSize): Promise<Outcome> => {
      requireOpenFiles(connections + WARM_UP_CONNECTIONS)
      const receiver = await here('receiver')(anyPort)
      const to = await receiver.address()
      const open = async (count: number): Promise<Tally> => {
        await startPartner(
          'process',
          siblingModule('raw-clients', import.meta.url),
          'crowd',
          to,
          count,
          IDLE_MESSAGE_BYTES,
        )
        return receiver.receive(count)
      }
      await open(WARM_UP_CONNECTIONS)
      const before = await settledMemory()
      const tally = await open(connections)
      const after = await settledMemory()
      const grownBytes = Math.max(PAGE_BYTES, after.rssBytes - before.rssBytes)
      return { ...tally, figures: { rss: grownBytes / connections } }
    },
    broadcast: async ({ clients, stalled, rounds, messageBytes }: BroadcastSize): Promise<Outcome> => {
      const broadcaster = await here('broadcaster')(anyPort, messageBytes)
      const to = await broadcaster.address()
      const audience = await startPartner('process', moduleUrl, 'audience', to, clients + stalled, stalled)
      await broadcaster.joined(clients + stalled)
      return rateOf(rounds, (count) => deliver(broadcaster, audience, count, clients))
    },
    /** The broker and the publisher have a process each, the subscriber is here. */
    pubsub: async ({ messages, messageBytes }: FlowSize): Promise<Outcome> => {
      const broker = await startPartner('process', moduleUrl, 'broker', anyPort)
      const to = await broker.address()
      const subscriber = await here('subscriber')(to)
      const publisher = await startPartner('process', moduleUrl, 'publisher', to, messageBytes)
      return rateOf(messages, (count) => transfer(publisher, subscriber, count))
    },
  }
}

async function transfer(sender: SenderEnd, receiver: ReceiverEnd, count: number): Promise<Tally> {
  const [tally] = await Promise.all([receiver.receive(count), sender.send(count)])
  return tally
}

async function deliver(
  broadcaster: BroadcasterEnd,
  audience: Pick<ReceiverEnd, 'receive'>,
  rounds: number,
  clients: number,
): Promise<Tally> {
  const [tally] = await Promise.all([audience.receive(rounds * clients), broadcaster.publish(rounds)])
  return tally
}
