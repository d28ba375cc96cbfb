import { UsageError } from 'troupe'
import { type Arrival, LossCounter, type LossCounts } from './loss-counter.ts'

const SENDERS_MAX_DEFAULT = 256
const SENDERS_MAX_LIMIT = 65_536

export interface SenderLossesOptions {
  /** How many senders are remembered, the least recently heard being forgotten. Count, 1 to 65,536. @default 256 */
  readonly sendersMax?: number
}

interface Sender {
  readonly counter: LossCounter
  /** Position of its last datagram among all that arrived. */
  heardAt: number
}

/** What became of the datagrams of every sender that a receiver hears. About 300 bytes for each sender. */
export class SenderLosses {
  readonly #sendersMax: number
  /** By id as a signed number, which the engine keeps without an object of its own. */
  readonly #senders = new Map<number, Sender>()
  #forgotten: LossCounts = { received: 0, lost: 0, duplicates: 0, reordered: 0, stale: 0 }
  #arrivals = 0

  constructor({ sendersMax = SENDERS_MAX_DEFAULT }: SenderLossesOptions = {}) {
    if (!Number.isInteger(sendersMax) || sendersMax < 1 || sendersMax > SENDERS_MAX_LIMIT) {
      throw new UsageError(
        'invalid-option',
        `SenderLosses: sendersMax must be a whole number from 1 to ${SENDERS_MAX_LIMIT}, got ${sendersMax}`,
      )
    }
    this.#sendersMax = sendersMax
  }

  /** A datagram of this sender with this number arrived. Both whole numbers, 0 to 2^32 - 1. */
  take(senderId: number, sequence: number): Arrival {
    const sender = this.#senders.get(senderId | 0) ?? this.#add(senderId | 0)
    sender.heardAt = this.#arrivals++
    return sender.counter.take(sequence)
  }

  /** How many senders are remembered. */
  get senders(): number {
    return this.#senders.size
  }

  /** The counts of one sender, or undefined if it was never heard or is forgotten. */
  countsOf(senderId: number): LossCounts | undefined {
    return this.#senders.get(senderId | 0)?.counter.counts
  }

  /** The counts of all senders together, of those forgotten too. */
  get totals(): LossCounts {
    let totals = this.#forgotten
    for (const { counter } of this.#senders.values()) totals = sum(totals, counter.counts)
    return totals
  }

  #add(key: number): Sender {
    if (this.#senders.size === this.#sendersMax) this.#forgetLeastRecent()
    const sender = { counter: new LossCounter(), heardAt: 0 }
    this.#senders.set(key, sender)
    return sender
  }

  /** A look at all of them, only when a new one comes: cheaper than keeping them in order with every datagram. */
  #forgetLeastRecent(): void {
    let leastRecent: [key: number, sender: Sender] | undefined
    for (const entry of this.#senders) {
      if (leastRecent === undefined || entry[1].heardAt < leastRecent[1].heardAt) leastRecent = entry
    }
    if (leastRecent === undefined) return
    this.#senders.delete(leastRecent[0])
    this.#forgotten = sum(this.#forgotten, leastRecent[1].counter.counts)
  }
}

function sum(a: LossCounts, b: LossCounts): LossCounts {
  return {
    received: a.received + b.received,
    lost: a.lost + b.lost,
    duplicates: a.duplicates + b.duplicates,
    reordered: a.reordered + b.reordered,
    stale: a.stale + b.stale,
  }
}
