import { type ActorRef, createSystem } from 'troupe'
import {
  dialReliable,
  type EndpointOptions,
  type ReliableClientProtocol,
  type ReliableOptions,
  resolveEndpoint,
  serveReliable,
  type TcpEndpoint,
} from 'troupe/actors'
import { BatchCounter } from '../actors/batch-counter.actor.ts'
import type { Outcome } from '../harness/bench-case.ts'
import { anyPort } from '../net/addresses.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { type FlowSize, netWorks } from '../net/net-works.ts'
import { startPartner } from '../net/partner.ts'
import type { Address, CallerEnd, Ends, ReceiverEnd, SenderEnd, ServerEnd } from '../net/roles.ts'

/** Ours of the benches of reliable sessions: each end that is a process of its own is a system of that one thread. */
export const ends = { receiver, sender, echo, caller } satisfies Partial<Ends>
export const works = { ...netWorks(import.meta.url, ends), retransmit }

/** Longer than any run may take, so that the time limit of the harness decides. */
const deadline = { deadlineMs: 600_000 }
/** For throughput: a round trip of a busy machine is worth some hundred messages. */
const wide: ReliableOptions = { windowMax: 1_024, receiveQueueMax: 1_024, processingMax: 1_024, sendQueueMax: 1_024 }
const BATCH = 2_048
/** Batches under way: the next one is there before the last one is done with. */
const BATCHES = 2

async function receiver(at: Address): Promise<ReceiverEnd> {
  const system = await createSystem({ threads: 0, signals: false })
  const counter = system.spawn(BatchCounter, [])
  const server = serveReliable(system, endpointOf(at), { ...wide, batchReceiver: counter })
  const { host, port } = resolveEndpoint(await server.ask.endpoint()) as TcpEndpoint
  return { address: async () => ({ host, port }), receive: (count) => counter.with(deadline).ask.receive(count) }
}

async function connected(to: Address, options: ReliableOptions): Promise<ActorRef<ReliableClientProtocol>> {
  const system = await createSystem({ threads: 0, signals: false })
  const client = dialReliable(system, endpointOf(to), options)
  while (!(await client.ask.statistics()).isConnected) await new Promise(setImmediate)
  return client
}

async function sender(to: Address, messageBytes: number): Promise<SenderEnd> {
  return senderOf(await connected(to, wide), messageBytes)
}

/** Resolves when all are acknowledged. */
function senderOf(client: ActorRef<ReliableClientProtocol>, messageBytes: number): SenderEnd {
  const views = messageViews(messageBytes)
  return {
    async send(count) {
      let next = 0
      const lane = async (): Promise<void> => {
        while (next < count) {
          const payloads = []
          for (let n = 0; n < BATCH && next < count; n++) payloads.push(messageAt(views, next++))
          const { failed } = await client.with(deadline).ask.sendMany(payloads)
          if (failed.length > 0) throw new Error(`${failed.length} messages failed: ${JSON.stringify(failed[0])}`)
        }
      }
      await Promise.all(Array.from({ length: BATCHES }, lane))
    },
  }
}

/** Acknowledges every message. */
async function echo(at: Address): Promise<ServerEnd> {
  return receiver(at)
}

async function caller(to: Address, messageBytes: number): Promise<CallerEnd> {
  const client = await connected(to, {})
  const views = messageViews(messageBytes)
  return {
    async call(index) {
      const result = await client.ask.send(messageAt(views, index))
      if (result.kind !== 'delivered') throw new Error(`call ${index} was ${result.kind}`)
    },
  }
}

/** Of what was sent how much was sent again, and how often a queue was full: with the options that sessions have by themselves. */
async function retransmit({ messages, messageBytes }: FlowSize): Promise<Outcome> {
  const receiving = await startPartner('process', import.meta.url, 'receiver', anyPort)
  const client = await connected(await receiving.address(), {})
  const [tally] = await Promise.all([receiving.receive(messages), senderOf(client, messageBytes).send(messages)])
  const { sentFrames, resentFrames, sendQueueFullCount } = await client.ask.statistics()
  const figures = { resent: (resentFrames / sentFrames) * 100, full: (sendQueueFullCount / messages) * 100 }
  return { ...tally, figures }
}

function endpointOf(address: Address): EndpointOptions {
  return 'path' in address ? { protocol: 'unix', ...address } : { protocol: 'tcp', ...address }
}
