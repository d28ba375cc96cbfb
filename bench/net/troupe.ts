import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LengthPrefixFraming } from 'troupe/actors'
import { ends as batched } from '../peers/net-batched.ts'
import { ends as naive } from '../peers/net-naive.ts'
import { Arrivals } from './arrivals.ts'
import { framed } from './framed.ts'
import { JoinCount } from './join-count.ts'
import { listen } from './listen.ts'
import { messageAt, messageViews } from './message-views.ts'
import { netWorks } from './net-works.ts'
import { audience } from './raw-clients.ts'
import type { Address, BroadcasterEnd, Ends, ReceiverEnd, ServerEnd } from './roles.ts'

/**
 * Ours of all benches of connections. TO BE REPLACED, end by end, by connection actors: what stands here until then is
 * node:net with our framing where it receives, so that the cases run. It says nothing about Troupe.
 */
export const ends: Ends = {
  receiver,
  sender: batched.sender,
  echo: naive.echo,
  caller: naive.caller,
  visitor: naive.visitor,
  broadcaster,
  audience,
  broker,
  publisher: batched.sender,
  subscriber,
}
export const works = netWorks(import.meta.url, ends)

async function receiver(at: Address): Promise<ReceiverEnd> {
  const arrivals = new Arrivals()
  const { address } = await listen(at, {}, (socket) => {
    const framing = new LengthPrefixFraming()
    socket.on('data', (chunk: Buffer) => framing.push(chunk, arrivals.add))
  })
  return { address: async () => address, receive: arrivals.receive }
}

/** How long a client may have enough before it is thrown out. */
const STALL_MS = 100

async function broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  const views = messageViews(messageBytes)
  const sockets = new Set<Socket>()
  const joins = new JoinCount()
  const { address } = await listen(at, {}, (socket) => joins.add(sockets.add(socket).size))
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
  const { address } = await listen(at, {}, (socket) => {
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
