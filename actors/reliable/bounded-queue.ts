import { UsageError } from 'troupe'

/** What becomes of a message for which there is no room. `block`: its producer waits. */
export type QueuePolicy = 'drop-oldest' | 'block' | 'reject'

/** How dear a message is when there is no room: low goes first. It does not change the order. */
export type MessagePriority = 'low' | 'normal' | 'high'

/**
 * What became of an item. `dropped`: it was not worth as much as those that are there. `rejected`: by the policy, try again or give up. `wait`: by
 * the policy, offer it again when there is room.
 */
export type QueueOffer = 'accepted' | 'dropped' | 'rejected' | 'wait'

export interface BoundedQueueOptions<T> {
  /** Items that fit. Count, 1 to 1,000,000. @default 100 */
  readonly itemsMax?: number
  /** @default 'block' */
  readonly policy?: QueuePolicy
  /** Is told of every item that had to make room for another one. @default nobody */
  readonly onDropped?: (item: T) => void
}

export const QUEUE_ITEMS_DEFAULT = 100
const ITEMS_MAX = 1_000_000
export const queuePolicies: readonly QueuePolicy[] = Object.freeze(['drop-oldest', 'block', 'reject'])
/** In the order in which they make room. */
export const messagePriorities: readonly MessagePriority[] = Object.freeze(['low', 'normal', 'high'])
const NONE = -1

/**
 * First in, first out, and bounded. When it is full, an item of a lower priority than the new one makes room, the oldest of the lowest first,
 * whatever the policy; only where there is none, the policy decides. All calls are O(1).
 */
export class BoundedQueue<T> {
  readonly itemsMax: number
  readonly policy: QueuePolicy
  /** Taken in. Count. */
  acceptedCount = 0
  /** Made room for others, or were dropped for want of it. Count. */
  droppedCount = 0
  /** Times that an item found it full. Count. */
  fullCount = 0
  readonly #onDropped: ((item: T) => void) | undefined
  readonly #items: (T | undefined)[] = []
  readonly #priorities: Uint8Array
  readonly #all: SlotList
  readonly #ofPriority: readonly SlotList[]
  readonly #free: number[] = []

  /** Throws `UsageError` for an option out of range. */
  constructor({ itemsMax = QUEUE_ITEMS_DEFAULT, policy = 'block', onDropped }: BoundedQueueOptions<T> = {}) {
    if (!Number.isInteger(itemsMax) || itemsMax < 1 || itemsMax > ITEMS_MAX) {
      const text = `BoundedQueue: itemsMax must be a whole number from 1 to ${ITEMS_MAX}, got ${itemsMax}`
      throw new UsageError('invalid-option', text)
    }
    if (!queuePolicies.includes(policy)) {
      const text = `BoundedQueue: policy must be one of ${queuePolicies.join(', ')}, got ${String(policy)}`
      throw new UsageError('invalid-option', text)
    }
    this.itemsMax = itemsMax
    this.policy = policy
    this.#onDropped = onDropped
    this.#priorities = new Uint8Array(itemsMax)
    this.#all = new SlotList(itemsMax)
    const later = [new Int32Array(itemsMax), new Int32Array(itemsMax)] as const
    this.#ofPriority = messagePriorities.map(() => new SlotList(itemsMax, later))
  }

  get size(): number {
    return this.#all.size
  }

  get isFull(): boolean {
    return this.#all.size >= this.itemsMax
  }

  offer(item: T, priority: MessagePriority = 'normal'): QueueOffer {
    const rank = messagePriorities.indexOf(priority)
    if (this.#all.size >= this.itemsMax) {
      this.fullCount++
      if (!this.#makeRoom(rank)) return this.#refusal()
    }
    const slot = this.#free.pop() ?? this.#items.length
    this.#items[slot] = item
    this.#priorities[slot] = rank
    this.#all.push(slot)
    this.#ofPriority[rank]!.push(slot)
    this.acceptedCount++
    return 'accepted'
  }

  /** The oldest item, which stays. */
  peek(): T | undefined {
    return this.#all.first === NONE ? undefined : this.#items[this.#all.first]
  }

  /** The oldest item, removed. */
  shift(): T | undefined {
    return this.#all.first === NONE ? undefined : this.#remove(this.#all.first)
  }

  /** Removes the items for which `isGone` answers true. O(n). Answers how many. */
  removeWhere(isGone: (item: T) => boolean): number {
    let count = 0
    let slot = this.#all.first
    while (slot !== NONE) {
      const next = this.#all.after(slot)
      if (isGone(this.#items[slot] as T)) {
        this.#remove(slot)
        count++
      }
      slot = next
    }
    return count
  }

  #refusal(): QueueOffer {
    if (this.policy === 'block') return 'wait'
    if (this.policy === 'reject') return 'rejected'
    this.droppedCount++
    return 'dropped'
  }

  /** An item of a lower rank goes; of the same rank, where the policy says so. */
  #makeRoom(rank: number): boolean {
    const limit = this.policy === 'drop-oldest' ? rank : rank - 1
    for (let lower = 0; lower <= limit; lower++) {
      const { first } = this.#ofPriority[lower]!
      if (first === NONE) continue
      this.droppedCount++
      this.#onDropped?.(this.#remove(first) as T)
      return true
    }
    return false
  }

  #remove(slot: number): T | undefined {
    const item = this.#items[slot]
    this.#items[slot] = undefined
    this.#free.push(slot)
    this.#all.remove(slot)
    this.#ofPriority[this.#priorities[slot]!]!.remove(slot)
    return item
  }
}

/** A list of slot numbers, linked both ways. Lists that never share a slot may share their links. */
class SlotList {
  first = NONE
  size = 0
  #last = NONE
  readonly #after: Int32Array
  readonly #before: Int32Array

  constructor(
    slots: number,
    links: readonly [Int32Array, Int32Array] = [new Int32Array(slots), new Int32Array(slots)],
  ) {
    this.#after = links[0]
    this.#before = links[1]
  }

  after(slot: number): number {
    return this.#after[slot]!
  }

  push(slot: number): void {
    this.#before[slot] = this.#last
    this.#after[slot] = NONE
    if (this.#last === NONE) this.first = slot
    else this.#after[this.#last] = slot
    this.#last = slot
    this.size++
  }

  remove(slot: number): void {
    const before = this.#before[slot]!
    const after = this.#after[slot]!
    if (before === NONE) this.first = after
    else this.#after[before] = after
    if (after === NONE) this.#last = before
    else this.#before[after] = before
    this.size--
  }
}
