/** How many sequence numbers, the newest included, are remembered one by one. Divides 2^32, so that a wrap needs no care. */
export const LOSS_WINDOW = 1_024

const WORDS = LOSS_WINDOW / 32

/**
 * What a datagram turned out to be: the newest so far; one that was missing, come late; one that was here already; or one from
 * before the window, of which nobody can tell any more.
 */
export type Arrival = 'newest' | 'late' | 'duplicate' | 'stale'

export interface LossCounts {
  /** Datagrams that arrived, each counted once. */
  readonly received: number
  /** Datagrams that were sent between the lowest and the newest one received, and have not arrived so far. */
  readonly lost: number
  /** Arrivals of datagrams that had arrived before. */
  readonly duplicates: number
  /** Of those received: how many came after a newer one. */
  readonly reordered: number
  /** Arrivals from before the window: late ones, which remain lost, or duplicates. */
  readonly stale: number
}

/**
 * Counts what became of the datagrams of one sender by their sequence numbers. What is missing counts as lost at once, and no
 * longer if it comes within the window. What was sent before the lowest number that arrived is not counted: nobody listened
 * then. A number less than 2^31 ahead of the newest is newer, any other one is older.
 */
export class LossCounter {
  /** One bit for each number of the window, at the number modulo the window: whether it has arrived. */
  readonly #arrived = new Uint32Array(WORDS)
  #newest = 0
  /** How many numbers there are from the lowest to the newest one, since the stream began or began again. */
  #reach = 0
  /** The same over the whole life of the counter. */
  #sent = 0
  #received = 0
  #duplicates = 0
  #reordered = 0
  #stale = 0
  #staleInRow = 0

  /** A datagram with this number arrived. Whole number, 0 to 2^32 - 1. */
  take(sequence: number): Arrival {
    if (this.#reach === 0) return this.#begin(sequence)
    const ahead = (sequence - this.#newest) | 0
    if (ahead > 0) return this.#advance(sequence, ahead)
    if (ahead <= -LOSS_WINDOW) return this.#takeStale(sequence)
    this.#staleInRow = 0
    return this.#takeWithinWindow(sequence, -ahead)
  }

  get counts(): LossCounts {
    return {
      received: this.#received,
      lost: this.#sent - this.#received,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      stale: this.#stale,
    }
  }

  #begin(sequence: number): Arrival {
    this.#arrived.fill(0)
    this.#staleInRow = 0
    this.#reach = 0
    return this.#receiveNewest(sequence, 1)
  }

  #advance(sequence: number, ahead: number): Arrival {
    this.#staleInRow = 0
    if (ahead >= LOSS_WINDOW) this.#arrived.fill(0)
    else for (let behind = 1; behind < ahead; behind++) this.#forget(sequence - behind)
    return this.#receiveNewest(sequence, ahead)
  }

  #receiveNewest(sequence: number, ahead: number): Arrival {
    this.#newest = sequence
    this.#extend(ahead)
    this.#received++
    this.#remember(sequence)
    return 'newest'
  }

  #takeWithinWindow(sequence: number, behind: number): Arrival {
    if (this.#has(sequence)) {
      this.#duplicates++
      return 'duplicate'
    }
    this.#remember(sequence)
    if (behind >= this.#reach) this.#extend(behind + 1 - this.#reach)
    this.#received++
    this.#reordered++
    return 'late'
  }

  #extend(count: number): void {
    this.#reach += count
    this.#sent += count
  }

  /**
   * A window full of them, and nothing else: the newest one was not what it seemed, or so much was missed that newer ones look
   * older. The stream begins again here, or it would be stale for ever.
   */
  #takeStale(sequence: number): Arrival {
    if (++this.#staleInRow > LOSS_WINDOW) return this.#begin(sequence)
    this.#stale++
    return 'stale'
  }

  #has(sequence: number): boolean {
    return (this.#arrived[wordOf(sequence)]! & (1 << (sequence & 31))) !== 0
  }

  #remember(sequence: number): void {
    this.#arrived[wordOf(sequence)]! |= 1 << (sequence & 31)
  }

  #forget(sequence: number): void {
    this.#arrived[wordOf(sequence)]! &= ~(1 << (sequence & 31))
  }
}

function wordOf(sequence: number): number {
  return (sequence >>> 5) & (WORDS - 1)
}
