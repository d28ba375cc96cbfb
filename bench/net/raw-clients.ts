import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { windowed } from '../harness/measure.ts'
import { Arrivals } from './arrivals.ts'
import { framed } from './framed.ts'
import { messageAt, messageViews } from './message-views.ts'
import type { Address, AudienceEnd, Ends } from './roles.ts'

/** Clients in masses, as cheap as node:net allows, so that what is measured is the server. The same for all contenders. */
export const ends = { audience, crowd } satisfies Partial<Ends> & RawEnds

export interface RawEnds {
  /** Connections that stay. Resolves when each of them has sent one message, numbered as a `SenderEnd` does. */
  crowd(to: Address, connections: number, messageBytes: number): Promise<object>
}

/** Fewer than the backlog of a listener. */
const CONNECTING_MAX = 100
const READ_BYTES = 65_536

export async function audience(to: Address, clients: number, stalled: number): Promise<AudienceEnd> {
  const arrivals = new Arrivals()
  await windowed(clients, CONNECTING_MAX, async (index) => {
    const isStalled = index >= clients - stalled
    const reader = new CountingReader(arrivals)
    const callback = (bytesRead: number, buffer: Uint8Array): boolean => {
      reader.read(buffer, bytesRead)
      return true
    }
    // One buffer for all of them: nothing is kept of what was read.
    const socket = connect(isStalled ? to : { ...to, onread: { buffer: shared, callback } })
    if (isStalled) socket.pause()
    await connected(socket)
  })
  return { receive: arrivals.receive }
}

async function crowd(to: Address, connections: number, messageBytes: number): Promise<object> {
  const views = messageViews(messageBytes)
  await windowed(connections, CONNECTING_MAX, async (index) => {
    const socket = connect(to)
    await connected(socket)
    await new Promise((resolve) => socket.write(framed(messageAt(views, index)), resolve))
  })
  return {}
}

const shared = new Uint8Array(READ_BYTES)

/** A client that the server throws out just ends; what it lacks is missed in the count. */
async function connected(socket: Socket): Promise<void> {
  await once(socket, 'connect')
  socket.on('error', () => {})
}

/** Counts the messages of one stream without a view of any. Zero-length messages are not sent. */
class CountingReader {
  readonly #arrivals: Arrivals
  #prefixCount = 0
  #messageBytes = 0
  /** Of the message, still to come. */
  #missing = 0
  #firstByte = 0

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  read(bytes: Uint8Array, end: number): void {
    let at = 0
    while (at < end) {
      if (this.#prefixCount < 4) {
        this.#messageBytes += bytes[at++]! * 2 ** (8 * this.#prefixCount++)
        this.#missing = this.#messageBytes
        continue
      }
      if (this.#missing === this.#messageBytes) this.#firstByte = bytes[at]!
      const taken = Math.min(this.#missing, end - at)
      at += taken
      this.#missing -= taken
      if (this.#missing === 0) this.#finish()
    }
  }

  #finish(): void {
    this.#arrivals.count(this.#firstByte, this.#messageBytes)
    this.#prefixCount = 0
    this.#messageBytes = 0
  }
}
