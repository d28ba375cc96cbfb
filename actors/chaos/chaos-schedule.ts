import { SeededRandom, UsageError } from 'troupe'
import { DueQueue } from '../clock/due-queue.ts'
import { type ChaosConfig, type ChaosDirection, type ResolvedChaosConfig, resolveChaosConfig } from './chaos-config.ts'
import { type ChaosCounts, noChaosCounts } from './chaos-counts.ts'
import { corrupt } from './corrupt.ts'

/**
 * What became of a message that was offered. `taken`: it comes out when it is due, or never. `full`: it was not taken, nor counted; offer
 * it again when something has come out. `reset`: the connection is to be reset; the message is gone. `kick`: the connection is to be ended
 * in order; the message is gone.
 */
export type ChaosAnswer = 'taken' | 'full' | 'reset' | 'kick'

/** Takes a message that is due; the view is its own. False when there is no room: it stays due. */
export type Deliver = (message: Uint8Array) => boolean

export interface ChaosScheduleOptions {
  /** Same seed, same messages, same times: same fate. Whole, 0 to 2^32 - 1. */
  readonly seed: number
  /** @default 'up' */
  readonly direction?: ChaosDirection
  /** Messages that are held until they are due. Count, >= 1. @default 10_000 */
  readonly heldMessagesMax?: number
  /** Their bytes; one message always fits. @default 16_777_216 (16 MiB) */
  readonly heldBytesMax?: number
}

const HELD_MESSAGES_MAX = 10_000
const HELD_BYTES_MAX = 16_777_216

/**
 * The fate of each message of one direction of one connection. Pure: it is told what time it is, and draws from its seed alone. It holds
 * what is late, up to a limit.
 *
 * Without `reorderRate` the order stays, whatever the latency is: as on TCP, who is late holds up those behind.
 */
export class ChaosSchedule {
  readonly counts: ChaosCounts = noChaosCounts()
  readonly #random: SeededRandom
  readonly #direction: ChaosDirection
  readonly #heldMessagesMax: number
  readonly #heldBytesMax: number
  readonly #queue = new DueQueue<Uint8Array>()
  #config: ResolvedChaosConfig
  #heldBytes = 0
  /** When the last of those in order is due. */
  #lastDueMs = Number.NEGATIVE_INFINITY
  /** When the slow reader has taken what it was given. */
  #readerFreeMs = Number.NEGATIVE_INFINITY

  /** Throws `UsageError` for a config, seed or limit out of range. */
  constructor(config: ChaosConfig, options: ChaosScheduleOptions) {
    const { seed, direction = 'up', heldMessagesMax = HELD_MESSAGES_MAX, heldBytesMax = HELD_BYTES_MAX } = options
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) throw invalid('seed', 'from 0 to 4294967295', seed)
    if (!(Number.isInteger(heldMessagesMax) && heldMessagesMax >= 1)) {
      throw invalid('heldMessagesMax', 'of 1 or more', heldMessagesMax)
    }
    if (!(Number.isInteger(heldBytesMax) && heldBytesMax >= 0)) throw invalid('heldBytesMax', '>= 0', heldBytesMax)
    this.#config = resolveChaosConfig(config)
    this.#random = new SeededRandom(seed)
    this.#direction = direction
    this.#heldMessagesMax = heldMessagesMax
    this.#heldBytesMax = heldBytesMax
  }

  get config(): ResolvedChaosConfig {
    return this.#config
  }

  /** From now on. What is held keeps its fate. Throws `UsageError` as the constructor does. */
  set(config: ChaosConfig): void {
    this.#config = resolveChaosConfig(config)
  }

  get isPartitioned(): boolean {
    const { partitioned } = this.#config
    return partitioned === 'both' || partitioned === this.#direction
  }

  /** Messages held, due or not. */
  get heldMessages(): number {
    return this.#queue.count
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** When `deliverDue` has something to do; Infinity when nothing is held. */
  get nextDueMs(): number {
    return this.#queue.nextMs
  }

  /**
   * One message. It is copied, unless it is due at once: then `deliver` gets it during the call, the same bytes.
   * Answers `full` where it would go beyond the limits of what is held; a copy by `duplicateRate` is left out where it would.
   */
  offer(message: Uint8Array, nowMs: number, deliver: Deliver): ChaosAnswer {
    if (!this.#hasRoom(message.length)) return 'full'
    const { counts } = this
    counts.seenMessages++
    counts.seenBytes += message.length
    if (this.isPartitioned) {
      counts.partitionedMessages++
      return 'taken'
    }
    const ending = this.#ending()
    if (ending !== undefined) {
      counts.cutOffMessages++
      return ending
    }
    if (this.#happens(this.#config.lossRate)) counts.lostMessages++
    else this.#schedule(message, nowMs, deliver)
    return 'taken'
  }

  /** Passes on what is due, in order, until there is none or `deliver` has no room. Answers how many. */
  deliverDue(nowMs: number, deliver: Deliver): number {
    const queue = this.#queue
    let delivered = 0
    while (queue.nextMs <= nowMs) {
      const message = queue.first!
      if (!deliver(message)) break
      queue.removeFirst()
      this.#heldBytes -= message.length
      delivered++
    }
    this.counts.deliveredMessages += delivered
    return delivered
  }

  /** The connection is gone, and what is held with it. */
  close(): void {
    this.counts.cutOffMessages += this.#queue.count
    this.#queue.clear()
    this.#heldBytes = 0
  }

  #hasRoom(bytes: number): boolean {
    if (this.#queue.count === 0) return true
    return this.#queue.count < this.#heldMessagesMax && this.#heldBytes + bytes <= this.#heldBytesMax
  }

  #ending(): 'kick' | 'reset' | undefined {
    if (this.#happens(this.#config.kickRate)) {
      this.counts.kicks++
      return 'kick'
    }
    if (!this.#happens(this.#config.resetRate)) return undefined
    this.counts.resets++
    return 'reset'
  }

  #schedule(message: Uint8Array, nowMs: number, deliver: Deliver): void {
    const { duplicateRate, reorderRate, corruptionRate } = this.#config
    const { counts } = this
    const isTwice = this.#happens(duplicateRate)
    const isOvertaken = this.#happens(reorderRate)
    const isCorrupt = message.length > 0 && this.#happens(corruptionRate)
    const placeMs = this.#placeMs(message.length, nowMs)
    const dueMs = isOvertaken ? placeMs + this.#scatter() : placeMs
    if (isOvertaken) counts.reorderedMessages++
    else this.#lastDueMs = dueMs
    let bytes = message
    if (isCorrupt) {
      counts.corruptedMessages++
      bytes = new Uint8Array(message) // a Buffer's slice would be a view
      corrupt(bytes, this.#random)
    }
    // Behind what is due already, even if that waits for room.
    if (dueMs <= nowMs && this.#queue.nextMs > nowMs && deliver(bytes)) counts.deliveredMessages++
    else this.#hold(dueMs, isCorrupt ? bytes : new Uint8Array(message))
    // The copy is what was sent: two different faults rarely hit both.
    if (!isTwice || !this.#hasRoom(message.length)) return
    counts.duplicatedMessages++
    this.#hold(dueMs + this.#scatter(), new Uint8Array(message))
  }

  #placeMs(bytes: number, nowMs: number): number {
    const { latencyMs, latencyVarianceMs, slowReaderBytesPerSecond } = this.#config
    let dueMs = nowMs + latencyMs
    if (latencyVarianceMs > 0) dueMs += (this.#random.next() * 2 - 1) * latencyVarianceMs
    dueMs = Math.max(dueMs, nowMs, this.#lastDueMs)
    if (slowReaderBytesPerSecond === Number.POSITIVE_INFINITY) return dueMs
    this.#readerFreeMs = Math.max(this.#readerFreeMs, nowMs) + (bytes * 1_000) / slowReaderBytesPerSecond
    return Math.max(dueMs, this.#readerFreeMs)
  }

  #hold(dueMs: number, message: Uint8Array): void {
    this.#queue.add(dueMs, message)
    this.#heldBytes += message.length
  }

  #scatter(): number {
    return this.#random.next() * this.#config.scatterMs
  }

  /** Draws only where there is a chance, so that a config without a fault costs nothing. */
  #happens(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate
  }
}

function invalid(name: string, range: string, value: unknown): UsageError {
  return new UsageError('invalid-option', `chaos: ${name} must be a whole number ${range}, got ${String(value)}`)
}
