import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { deferred } from '../harness/measure.ts'
import { Arrivals } from '../net/arrivals.ts'
import { framed } from '../net/framed.ts'
import { listen } from '../net/listen.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import { pump } from '../net/pump.ts'
import { audience } from '../net/raw-clients.ts'
import type { Address, BroadcasterEnd, CallerEnd, Ends, ReceiverEnd, SenderEnd, ServerEnd } from '../net/roles.ts'
import { broadcastLoop } from './net-broadcast.ts'
import { cutFrames } from './net-cutter.ts'

/** node:net as one begins with it: a buffer and a write for each message. Backpressure is respected. */
export const ends = { receiver, sender, echo, caller, visitor, broadcaster, audience } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

export async function receiver(at: Address): Promise<ReceiverEnd> {
  const arrivals = new Arrivals()
  const { address } = await listen(at, {}, (socket) => socket.on('data', cutFrames(arrivals.add)))
  return { address: async () => address, receive: arrivals.receive }
}

async function sender(to: Address, messageBytes: number): Promise<SenderEnd> {
  const socket = connect(to)
  await once(socket, 'connect')
  const views = messageViews(messageBytes)
  return {
    send: (count) => {
      let index = 0
      return pump(socket, () => {
        if (index === count) return false
        socket.write(framed(messageAt(views, index++)))
        return true
      })
    },
  }
}

async function echo(at: Address): Promise<ServerEnd> {
  const { address } = await listen(at, { noDelay: true }, (socket) =>
    socket.on(
      'data',
      cutFrames((message) => socket.write(framed(message))),
    ),
  )
  return { address: async () => address }
}

async function caller(to: Address, messageBytes: number): Promise<CallerEnd> {
  const views = messageViews(messageBytes)
  const socket = await connected(to)
  return { call: echoOf(socket, views) }
}

async function visitor(to: Address, messageBytes: number): Promise<CallerEnd> {
  const views = messageViews(messageBytes)
  return {
    call: async (index) => {
      const socket = await connected(to)
      await echoOf(socket, views)(index)
      socket.end()
      await once(socket, 'close')
    },
  }
}

async function broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  return broadcastLoop(at, messageBytes, framed)
}

async function connected(to: Address): Promise<Socket> {
  const socket = connect({ ...to, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** One call at a time: what comes back must be what was sent. */
function echoOf(socket: Socket, views: readonly Uint8Array[]): (index: number) => Promise<void> {
  let answered = deferred<Buffer>()
  socket.on(
    'data',
    cutFrames((message) => answered.resolve(message)),
  )
  return async (index) => {
    const sent = messageAt(views, index)
    answered = deferred()
    socket.write(framed(sent))
    const message = await answered.promise
    if (!message.equals(sent)) throw new Error(`call ${index}: the echo differs`)
  }
}
