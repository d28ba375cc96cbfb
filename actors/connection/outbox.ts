import type { Frame } from 'troupe'
import { BLOCK_BYTES, type Block, giveBlock, takeBlock } from './block-pool.ts'
import { giveBuffer, takeBuffer } from './buffer-pool.ts'
import type { Framing } from './framing.ts'
import type { ResolvedLinkOptions } from './link-options.ts'

/** `dropped`: the queue is full, and its policy drops this message. `overflow`: the policy is `disconnect`. */
export type OutboxResult = 'accepted' | 'queue-full' | 'dropped' | 'overflow'

/** Messages that lie one behind the other in one piece of memory. */
interface Segment {
  readonly bytes: Uint8Array
  start: number
  end: number
  messages: number
  /** Where it lies together with others. */
  readonly block: Block | undefined
  /** Where it lies alone. */
  readonly buffer: Buffer | undefined
  /** What keeps `bytes` alive, to be let go when they are out. */
  readonly lease: Frame | undefined
  /** Ends of the single messages, as offsets in `bytes`; undefined where they cannot be dropped one by one. */
  readonly ends: Uint32Array | undefined
  /** Messages of `ends` that are gone already. */
  taken: number
}

/** Larger messages get a buffer of their own. Bytes. */
const GATHERED_MAX = 16_384

const nothing = new Uint8Array(0)

/** What several writers of one connection have queued: bounded, dropped from by policy, and handed out in large pieces. */
export class Outbox {
  readonly #framing: Framing
  readonly #bytesMax: number
  readonly #messagesMax: number
  readonly #overflow: ResolvedLinkOptions['overflow']
  /** Messages that can be dropped one by one stay apart. */
  readonly #isGathering: boolean
  #waiting: Segment[] = []
  /** Segments at the front of `#waiting` that are gone: shifting an array for each would be slow. */
  #first = 0
  #leaving: Segment[] = []
  #block: Block | undefined
  waitingBytes = 0
  waitingMessages = 0
  droppedMessages = 0
  sentMessages = 0
  sentBytes = 0
  /** Bytes handed out that are not known to be out. */
  leavingBytes = 0
  /** Where the message goes that was reserved last. */
  target: Uint8Array = nothing
  at = 0

  constructor(framing: Framing, options: ResolvedLinkOptions) {
    this.#framing = framing
    this.#bytesMax = options.queueBytesMax
    this.#messagesMax = options.queueMessagesMax
    this.#overflow = options.overflow
    this.#isGathering = options.overflow !== 'drop-oldest'
  }

  /** Copies a message in, framed. Throws for one that the framing cannot carry. */
  push(message: Uint8Array): OutboxResult {
    const framing = this.#framing
    const { suffix } = framing
    const prefixBytes = framing.prefixBytes(message.length)
    const bytes = prefixBytes + message.length + suffix.length
    framing.checkMessage(message)
    const room = this.#makeRoom(bytes, 1)
    if (room !== 'accepted') return room
    this.#place(bytes)
    const { target } = this
    const start = framing.writePrefix(target, this.at, message.length)
    target.set(message, start)
    if (suffix.length > 0) target.set(suffix, start + message.length)
    return 'accepted'
  }

  /** Queues a message of this length that is to be written at once, into `target` from `at` on. */
  reserve(messageBytes: number): OutboxResult {
    const framing = this.#framing
    const bytes = framing.prefixBytes(messageBytes) + messageBytes + framing.suffix.length
    const room = this.#makeRoom(bytes, 1)
    if (room !== 'accepted') return room
    this.#place(bytes)
    this.at = framing.writePrefix(this.target, this.at, messageBytes)
    if (framing.suffix.length > 0) this.target.set(framing.suffix, this.at + messageBytes)
    return 'accepted'
  }

  /**
   * Queues memory that holds whole framed messages, without a copy. It must not change until it is out.
   * @param ends where each message ends in it; without it they are dropped together
   * @param lease let go when the bytes are out or dropped
   */
  pushFramed(bytes: Uint8Array, messages: number, ends?: Uint32Array, lease?: Frame): OutboxResult {
    const room = this.#makeRoom(bytes.length, messages)
    if (room !== 'accepted') return room
    this.#add({ ...segmentOf(bytes, 0, bytes.length), messages, lease, ends })
    return 'accepted'
  }

  /** Whether a message of this length would be taken now, whatever the policy is. */
  hasRoomFor(messageBytes: number): boolean {
    if (this.waitingMessages === 0) return true
    const framing = this.#framing
    return this.#hasRoom(framing.prefixBytes(messageBytes) + messageBytes + framing.suffix.length, 1)
  }

  /** Takes up to about `bytesMax` out of the queue, to be written one behind the other. Empty when nothing waits. */
  take(bytesMax: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let taken = 0
    let bytes: Uint8Array | undefined
    let start = 0
    let end = 0
    while (this.#first < this.#waiting.length && taken < bytesMax) {
      const segment = this.#waiting[this.#first++]!
      this.#leaving.push(segment)
      taken += segment.end - segment.start
      this.waitingMessages -= segment.messages
      this.sentMessages += segment.messages
      if (segment.bytes === bytes && segment.start === end) end = segment.end
      else {
        if (bytes !== undefined) pieces.push(bytes.subarray(start, end))
        ;({ bytes, start, end } = segment)
      }
    }
    if (bytes !== undefined) pieces.push(bytes.subarray(start, end))
    if (this.#first === this.#waiting.length) this.#forget()
    this.waitingBytes -= taken
    this.leavingBytes += taken
    this.sentBytes += taken
    return pieces
  }

  /** Counts what is written past the queue; `lease` is let go with the next `sent`. */
  passed(bytes: number, messages: number, lease: Frame | undefined): void {
    this.sentMessages += messages
    this.sentBytes += bytes
    if (lease === undefined) return
    this.leavingBytes += bytes
    this.#leaving.push({ ...segmentOf(nothing, 0, 0), lease })
  }

  /** All that was taken is out: its memory is free again. */
  sent(): void {
    this.leavingBytes = 0
    for (const segment of this.#leaving) this.#release(segment)
    this.#leaving.length = 0
  }

  /** Lets go of everything. */
  close(): void {
    this.sent()
    while (this.#first < this.#waiting.length) this.#release(this.#waiting[this.#first++]!)
    this.droppedMessages += this.waitingMessages
    this.waitingMessages = 0
    this.waitingBytes = 0
    this.#forget()
  }

  #makeRoom(bytes: number, messages: number): OutboxResult {
    if (this.#hasRoom(bytes, messages)) return 'accepted'
    switch (this.#overflow) {
      case 'reject':
        return 'queue-full'
      case 'disconnect':
        return 'overflow'
      case 'drop-newest':
        this.droppedMessages += messages
        return 'dropped'
      case 'conflate':
        while (this.#first < this.#waiting.length) this.#dropSegment()
        return 'accepted'
      case 'drop-oldest':
        while (!this.#hasRoom(bytes, messages)) this.#dropOldest()
        return 'accepted'
    }
  }

  #hasRoom(bytes: number, messages: number): boolean {
    if (this.waitingMessages === 0) return true
    return this.waitingBytes + bytes <= this.#bytesMax && this.waitingMessages + messages <= this.#messagesMax
  }

  #dropOldest(): void {
    const segment = this.#waiting[this.#first]!
    const { ends } = segment
    if (ends === undefined || segment.messages === 1) return this.#dropSegment()
    const end = ends[segment.taken++]!
    this.waitingBytes -= end - segment.start
    segment.start = end
    segment.messages--
    this.waitingMessages--
    this.droppedMessages++
  }

  #dropSegment(): void {
    const segment = this.#waiting[this.#first++]!
    this.waitingBytes -= segment.end - segment.start
    this.waitingMessages -= segment.messages
    this.droppedMessages += segment.messages
    this.#release(segment)
    if (this.#first === this.#waiting.length) this.#forget()
  }

  /** Sets `target` and `at` to where the next `bytes` go. */
  #place(bytes: number): void {
    if (bytes > GATHERED_MAX) {
      const buffer = takeBuffer(bytes)
      this.target = buffer
      this.at = 0
      return this.#add(segmentOf(buffer, 0, bytes, undefined, buffer))
    }
    const block = this.#blockFor(bytes)
    this.target = block.bytes
    this.at = block.used
    block.used += bytes
    const last = this.#waiting[this.#waiting.length - 1]
    if (last === undefined || last.block !== block || !this.#isGathering) {
      block.users++
      return this.#add(segmentOf(block.bytes, this.at, block.used, block))
    }
    last.end = block.used
    last.messages++
    this.waitingBytes += bytes
    this.waitingMessages++
  }

  #blockFor(bytes: number): Block {
    const block = this.#block
    if (block !== undefined && block.used + bytes <= BLOCK_BYTES) return block
    // The one before has users, the last of which gives it back.
    this.#block = takeBlock()
    return this.#block
  }

  #add(segment: Segment): void {
    this.#waiting.push(segment)
    this.waitingBytes += segment.end - segment.start
    this.waitingMessages += segment.messages
  }

  #forget(): void {
    this.#waiting.length = 0
    this.#first = 0
  }

  #release({ block, buffer, lease }: Segment): void {
    lease?.release()
    if (buffer !== undefined) giveBuffer(buffer)
    if (block === undefined || --block.users > 0) return
    giveBlock(block)
    if (block === this.#block) this.#block = undefined
  }
}

function segmentOf(bytes: Uint8Array, start: number, end: number, block?: Block, buffer?: Buffer): Segment {
  return { bytes, start, end, messages: 1, block, buffer, lease: undefined, ends: undefined, taken: 0 }
}
