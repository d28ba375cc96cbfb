import { setTimeout as sleep } from 'node:timers/promises'
import { type ActorRef, type ActorSystem, createSystem, type SpawnOptions } from 'troupe'
import {
  type BrokerClientProtocol,
  connectBroker,
  dial,
  type EndpointOptions,
  type ListenerProtocol,
  listen,
  resolveEndpoint,
  serveBroadcast,
  serveBroker,
  type TcpEndpoint,
} from 'troupe/actors'
import { ArrivalCounter } from '../actors/arrival-counter.actor.ts'
import { ArrivalsActor } from '../actors/arrivals.actor.ts'
import { Gate } from '../actors/gate.actor.ts'
import { LinkCaller, LinkEcho, LinkVisitor } from '../actors/link-call.actor.ts'
import { LinkSink, LinkSource } from '../actors/link-flow.actor.ts'
import type { Outcome } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { unixAddress } from './addresses.ts'
import { messageAt, messageViews } from './message-views.ts'
import { type FlowSize, netWorks } from './net-works.ts'
import { audience } from './raw-clients.ts'
import type { Address, BroadcasterEnd, CallerEnd, Ends, ReceiverEnd, SenderEnd, ServerEnd } from './roles.ts'

/**
 * Ours of all benches of connections: connection actors. Each end that is a process of its own is a system of that one
 * thread, so that an actor's handlers run where its socket is.
 */
export const ends: Ends = {
  receiver,
  sender,
  echo,
  caller,
  visitor,
  broadcaster,
  audience,
  broker,
  publisher,
  subscriber,
}
export const works = { ...netWorks(import.meta.url, ends), unixThreads }

/** Longer than any run may take, so that the time limit of the harness decides. */
const deadline = { deadlineMs: 600_000 }
/** As many as the system has file descriptors for. */
const CONNECTIONS_MAX = 100_000

function systemOfOneThread(): Promise<ActorSystem> {
  return createSystem({ threads: 0, signals: false })
}

async function receiver(at: Address): Promise<ReceiverEnd> {
  return receiverOn(await systemOfOneThread(), at)
}

async function receiverOn(system: ActorSystem, at: Address, spawn?: SpawnOptions): Promise<ReceiverEnd> {
  const arrivals = system.spawn(ArrivalsActor, [], { placement: 'here' })
  const listener = listen(system, LinkSink, endpointOf(at), [arrivals], {
    connectionsMax: CONNECTIONS_MAX,
    ...(spawn !== undefined && { spawn, spread: 'one-thread' }),
  })
  const patient = arrivals.with(deadline)
  return { address: () => addressOf(listener), receive: (count) => patient.ask.receive(count) }
}

async function sender(to: Address, messageBytes: number): Promise<SenderEnd> {
  return senderOn(await systemOfOneThread(), to, messageBytes)
}

async function senderOn(
  system: ActorSystem,
  to: Address,
  messageBytes: number,
  spawn?: SpawnOptions,
): Promise<SenderEnd> {
  const gate = system.spawn(Gate, [], { placement: 'here' })
  const patient = gate.with(deadline)
  const source = dial(system, LinkSource, endpointOf(to), [messageBytes, gate], { restart: 'temporary', ...spawn })
  await source.ready()
  return {
    async send(count) {
      source.tell.flood(count)
      await patient.ask.wait(1)
    },
  }
}

/** One system: the listener with its connections on a thread of its own, the source on another. */
async function unixThreads({ messages, messageBytes }: FlowSize): Promise<Outcome> {
  const system = await createSystem({ threads: 0, signals: false })
  const receiver = await receiverOn(system, unixAddress(), { placement: 'pinned' })
  const sender = await senderOn(system, await receiver.address(), messageBytes, { placement: 'pinned' })
  return rateOf(messages, async (count) => (await Promise.all([receiver.receive(count), sender.send(count)]))[0])
}

async function echo(at: Address): Promise<ServerEnd> {
  const listener = listen(await systemOfOneThread(), LinkEcho, endpointOf(at), [])
  return { address: () => addressOf(listener) }
}

async function caller(to: Address, messageBytes: number): Promise<CallerEnd> {
  const system = await systemOfOneThread()
  const gate = system.spawn(Gate, [], { placement: 'here' })
  const patient = gate.with(deadline)
  const client = dial(system, LinkCaller, endpointOf(to), [messageBytes, gate], { restart: 'temporary' })
  await client.ready()
  return {
    async call(index) {
      client.tell.call(index)
      checkEcho(index, await patient.ask.wait(1))
    },
  }
}

async function visitor(to: Address, messageBytes: number): Promise<CallerEnd> {
  const system = await systemOfOneThread()
  const gate = system.spawn(Gate, [], { placement: 'here' })
  const patient = gate.with(deadline)
  const views = messageViews(messageBytes)
  const endpoint = endpointOf(to)
  return {
    async call(index) {
      const visit = dial(system, LinkVisitor, endpoint, [messageAt(views, index), gate], { restart: 'temporary' })
      await visit.ready()
      checkEcho(index, await patient.ask.wait(1))
    },
  }
}

function checkEcho(index: number, { counted }: { readonly counted: number }): void {
  if (counted !== 1) throw new Error(`call ${index}: the echo differs`)
}

function endpointOf(address: Address): EndpointOptions {
  return 'path' in address ? { protocol: 'unix', ...address } : { protocol: 'tcp', ...address }
}

/** With the port that was free. */
async function addressOf(listener: ActorRef<ListenerProtocol>): Promise<Address> {
  const endpoint = resolveEndpoint(await listener.ask.endpoint())
  if (endpoint.protocol === 'unix') return { path: endpoint.path }
  return { host: endpoint.host, port: endpoint.port }
}

/** Room for a client that is behind; one that never reads is thrown out beyond it. Bytes. */
const BEHIND_MAX = 67_108_864
/** Between two looks around, for sockets and timers. Messages. */
const ROUNDS_A_TURN = 64

async function broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  const views = messageViews(messageBytes)
  const server = serveBroadcast<Uint8Array>(
    await systemOfOneThread(),
    endpointOf(at),
    { kind: 'raw' },
    {
      connectionsMax: CONNECTIONS_MAX,
      overflow: 'disconnect',
      link: { queueBytesMax: BEHIND_MAX, queueMessagesMax: 1_000_000 },
    },
  )
  const patient = server.with(deadline)
  const { host, port } = resolveEndpoint(await server.ask.endpoint()) as TcpEndpoint
  return {
    address: async () => ({ host, port }),
    joined: async (clients) => {
      while ((await patient.ask.clientCount()) < clients) await sleep(5)
    },
    publish: async (rounds) => {
      for (let round = 0; round < rounds; round++) {
        if (round % ROUNDS_A_TURN === ROUNDS_A_TURN - 1) await patient.ask.send(messageAt(views, round))
        else server.tell.send(messageAt(views, round))
      }
    },
  }
}

/** Of all benches of a broker. */
const TOPIC = 'bench'
async function broker(at: Address): Promise<ServerEnd> {
  const system = await systemOfOneThread()
  const ref = serveBroker(system, endpointOf(at), { topics: [{ name: TOPIC, slowSubscriber: 'block' }] })
  const [url = ''] = await ref.ask.endpoints()
  const { port } = resolveEndpoint(url) as TcpEndpoint
  return { address: async () => ({ host: '127.0.0.1', port }) }
}

async function publisher(to: Address, messageBytes: number): Promise<SenderEnd> {
  const system = await systemOfOneThread()
  const client = connectBroker(system, endpointOf(to))
  const views = messageViews(messageBytes)
  return {
    send: async (count) => {
      for (let index = 0; index < count - 1; index++) {
        const data = messageAt(views, index)
        while (client.tell.publish(TOPIC, data) !== 'accepted') await hasRoom(client)
      }
      // Behind all others.
      await client.with(deadline).ask.publish(TOPIC, messageAt(views, count - 1))
    },
  }
}

/** A mailbox that is full by bytes has room for a shorter message: another turn of the event loop, or nothing would ever leave it. */
async function hasRoom(client: ActorRef<BrokerClientProtocol>): Promise<void> {
  await client.ready()
  await new Promise(setImmediate)
}

async function subscriber(to: Address): Promise<ReceiverEnd> {
  const system = await systemOfOneThread()
  const counter = system.spawn(ArrivalCounter, [])
  const refusal = await connectBroker(system, endpointOf(to)).ask.subscribe(TOPIC, counter)
  if (refusal !== undefined) throw new Error(refusal.text)
  return { address: async () => to, receive: (count) => counter.with(deadline).ask.receive(count) }
}
