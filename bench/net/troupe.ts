import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ActorRef, type ActorSystem, createSystem, type SpawnOptions } from 'troupe'
import {
  dial,
  type EndpointOptions,
  LengthPrefixFraming,
  type ListenerProtocol,
  listen,
  resolveEndpoint,
} from 'troupe/actors'
import { ArrivalsActor } from '../actors/arrivals.actor.ts'
import { Gate } from '../actors/gate.actor.ts'
import { LinkCaller, LinkEcho, LinkVisitor } from '../actors/link-call.actor.ts'
import { LinkSink, LinkSource } from '../actors/link-flow.actor.ts'
import type { Outcome } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { ends as batched } from '../peers/net-batched.ts'
import { unixAddress } from './addresses.ts'
import { Arrivals } from './arrivals.ts'
import { framed } from './framed.ts'
import { JoinCount } from './join-count.ts'
import { listen as listenRaw } from './listen.ts'
import { messageAt, messageViews } from './message-views.ts'
import { type FlowSize, netWorks } from './net-works.ts'
import { audience } from './raw-clients.ts'
import type { Address, BroadcasterEnd, CallerEnd, Ends, ReceiverEnd, SenderEnd, ServerEnd } from './roles.ts'

/**
 * Ours of all benches of connections: connection actors. Each end that is a process of its own is a system of that one
 * thread, so that an actor's handlers run where its socket is. TO BE REPLACED: broadcaster, broker and their counterparts
 * are still node:net with our framing, and say nothing about Troupe.
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
  publisher: batched.sender,
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

/** How long a client may have enough before it is thrown out. */
const STALL_MS = 100

async function broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  const views = messageViews(messageBytes)
  const sockets = new Set<Socket>()
  const joins = new JoinCount()
  const { address } = await listenRaw(at, {}, (socket) => joins.add(sockets.add(socket).size))
  const drained = async (socket: Socket): Promise<void> => {
    const isDrained = await Promise.race([once(socket, 'drain').then(() => true), sleep(STALL_MS, false)])
    if (isDrained) return
    sockets.delete(socket)
    socket.destroy()
  }
  return {
    address: async () => address,
    joined: joins.reached,
    publish: async (rounds) => {
      for (let round = 0; round < rounds; round++) {
        const frame = framed(messageAt(views, round))
        await Promise.all([...sockets].filter((socket) => !socket.write(frame)).map(drained))
      }
    },
  }
}

/** Who sends this listens from then on, and gets it back as confirmation. */
const SUBSCRIBE = framed(new Uint8Array(1))

/** Passes on what anybody sends to all who listen. */
async function broker(at: Address): Promise<ServerEnd> {
  const subscribers = new Set<Socket>()
  const { address } = await listenRaw(at, {}, (socket) => {
    const framing = new LengthPrefixFraming()
    const pass = (message: Uint8Array): void => {
      if (message.length === 1) {
        subscribers.add(socket)
        socket.write(SUBSCRIBE)
        return
      }
      for (const subscriber of subscribers) {
        if (subscriber.write(framed(message))) continue
        socket.pause()
        subscriber.once('drain', () => socket.resume())
      }
    }
    socket.on('data', (chunk: Buffer) => framing.push(chunk, pass))
  })
  return { address: async () => address }
}

async function subscriber(to: Address): Promise<ReceiverEnd> {
  const arrivals = new Arrivals()
  const socket = connect(to)
  const framing = new LengthPrefixFraming()
  socket.write(SUBSCRIBE)
  const [confirmed] = (await once(socket, 'data')) as [Buffer]
  if (!confirmed.equals(SUBSCRIBE)) throw new Error('the broker did not confirm')
  socket.on('data', (chunk: Buffer) => framing.push(chunk, arrivals.add))
  return { address: async () => to, receive: arrivals.receive }
}
