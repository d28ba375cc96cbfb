import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { deferred } from '../harness/measure.ts'
import { Arrivals } from '../net/arrivals.ts'
import { framed } from '../net/framed.ts'
import { listen } from '../net/listen.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import type { Address, CallerEnd, Ends, ReceiverEnd, SenderEnd, ServerEnd } from '../net/roles.ts'
import { cutFrames } from './net-cutter.ts'

/** node:net, and the simplest reliable protocol: each message waits until the one before it was acknowledged, by its number. */
export const ends = { receiver, sender, echo, caller } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

async function receiver(at: Address): Promise<ReceiverEnd> {
  const arrivals = new Arrivals()
  const { address } = await listen(at, { noDelay: true }, (socket) => {
    let received = 0
    socket.on(
      'data',
      cutFrames((message) => {
        arrivals.add(message)
        const acknowledgement = Buffer.allocUnsafe(4)
        acknowledgement.writeUInt32LE(received++)
        socket.write(framed(acknowledgement))
      }),
    )
  })
  return { address: async () => address, receive: arrivals.receive }
}

async function echo(at: Address): Promise<ServerEnd> {
  return receiver(at)
}

async function sender(to: Address, messageBytes: number): Promise<SenderEnd> {
  const call = await acknowledgedCalls(to)
  const views = messageViews(messageBytes)
  return {
    async send(count) {
      for (let index = 0; index < count; index++) await call(messageAt(views, index))
    },
  }
}

async function caller(to: Address, messageBytes: number): Promise<CallerEnd> {
  const call = await acknowledgedCalls(to)
  const views = messageViews(messageBytes)
  return { call: (index) => call(messageAt(views, index)) }
}

async function acknowledgedCalls(to: Address): Promise<(message: Uint8Array) => Promise<void>> {
  const socket: Socket = connect({ ...to, noDelay: true })
  await once(socket, 'connect')
  let acknowledged = deferred<number>()
  let sent = 0
  socket.on(
    'data',
    cutFrames((message) => acknowledged.resolve(message.readUInt32LE())),
  )
  return async (message) => {
    acknowledged = deferred()
    socket.write(framed(message))
    const number = await acknowledged.promise
    if (number !== sent++) throw new Error(`message ${sent - 1}: number ${number} was acknowledged`)
  }
}
