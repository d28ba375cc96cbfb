import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import { pump } from '../net/pump.ts'
import type { Address, Ends, SenderEnd } from '../net/roles.ts'
import { receiver } from './net-naive.ts'

/** node:net by hand for speed: frames are copied together into buffers of 64 KiB, each of which is one write. */
export const ends = { receiver, sender } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

const BATCH_BYTES = 65_536
const PREFIX_BYTES = 4
/** So many batches may wait for the kernel before the socket has enough; with Node's 16 KiB each of them would stop. */
const BATCHES_WAITING = 4

async function sender(to: Address, messageBytes: number): Promise<SenderEnd> {
  const options = { ...to, writableHighWaterMark: BATCHES_WAITING * BATCH_BYTES }
  const socket = connect(options as NetConnectOpts) // the types do not know that streams take it
  await once(socket, 'connect')
  const views = messageViews(messageBytes)
  const batch = new Batch(socket)
  return {
    send: (count) => {
      let index = 0
      return pump(socket, () => {
        if (index < count) batch.add(messageAt(views, index++))
        else batch.flush()
        return index < count || batch.length > 0
      })
    },
  }
}

class Batch {
  readonly #socket: Socket
  /** Written and free again. */
  readonly #spare: Buffer[] = []
  #buffer: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES)
  #length = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get length(): number {
    return this.#length
  }

  add(message: Uint8Array): void {
    const frameBytes = PREFIX_BYTES + message.length
    if (this.#length + frameBytes > BATCH_BYTES) this.flush()
    if (frameBytes > BATCH_BYTES) {
      this.#writeLarge(message)
      return
    }
    this.#buffer.writeUInt32LE(message.length, this.#length)
    this.#buffer.set(message, this.#length + PREFIX_BYTES)
    this.#length += frameBytes
  }

  flush(): void {
    if (this.#length === 0) return
    const written = this.#buffer
    this.#socket.write(written.subarray(0, this.#length), () => this.#spare.push(written))
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(BATCH_BYTES)
    this.#length = 0
  }

  /** Not copied: its prefix and itself in one system call. */
  #writeLarge(message: Uint8Array): void {
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES)
    prefix.writeUInt32LE(message.length)
    this.#socket.cork()
    this.#socket.write(prefix)
    this.#socket.write(message)
    this.#socket.uncork()
  }
}
