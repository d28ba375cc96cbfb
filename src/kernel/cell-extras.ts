import type { ActorCell } from './actor-cell.ts'
import { ActorTimers } from './actor-timers.ts'
import type { Envelope, QueuedMessage } from './envelope.ts'
import { Family } from './family.ts'
import type { Frame } from './frame.ts'
import type { InFlight } from './in-flight.ts'
import { LazySet } from './lazy-set.ts'
import type { PendingAsk } from './pending-ask.ts'
import type { StreamProducer } from './stream-producer.ts'
import { Watches } from './watches.ts'

/** With mailbox policy `conflate`: the queued message of one key. */
interface Keyed {
  /** What stands in the mailbox, for the first message with that key. */
  readonly place: Envelope
  message: QueuedMessage
}

/** What only some actors have, made when first needed: an idle actor stays small. */
export class CellExtras {
  /** Set by `stash()`, until the current message is put aside. */
  isStashing = false
  /** True after a message was refused, until there is room again: then those who wait for room are told. */
  isFull = false
  stash: QueuedMessage[] = []
  /** Queued messages that a newer one with the same key replaces. */
  keyed: Map<string, Keyed> | undefined
  /** Handlers that are awaiting. */
  readonly inFlight = new LazySet<InFlight>()
  /** Asks made through `self.ask` that wait. */
  readonly asks = new LazySet<PendingAsk>()
  /** Other work of this incarnation that ends with it. */
  readonly tasks = new LazySet<{ abandon(error: unknown): void }>()
  /** Frames that were kept beyond their handler. */
  readonly frames = new LazySet<Frame>()
  readonly streams = new LazySet<StreamProducer>()
  /** Resolvers of `ref.ready()`. */
  readonly ready = new LazySet<{ resolve(): void; reject(error: unknown): void }>()
  readonly #cell: ActorCell
  #family: Family | undefined
  #timers: ActorTimers | undefined
  #watches: Watches | undefined

  constructor(cell: ActorCell) {
    this.#cell = cell
  }

  get family(): Family | undefined {
    return this.#family
  }

  get timers(): ActorTimers | undefined {
    return this.#timers
  }

  get watches(): Watches | undefined {
    return this.#watches
  }

  /** What belongs to one incarnation goes; stash, watchers and those who wait for `ready` stay. */
  dropIncarnation(): void {
    this.#family = undefined
    this.#timers?.close()
    this.#timers = undefined
    this.#watches?.dropWatching()
  }

  needFamily(): Family {
    if (this.#family === undefined) {
      this.#family = new Family(this.#cell)
      this.#cell.kernel.directory.setInvolved(this.#cell.slot)
    }
    return this.#family
  }

  needKeyed(): Map<string, Keyed> {
    this.keyed ??= new Map()
    return this.keyed
  }

  needTimers(): ActorTimers {
    this.#timers ??= new ActorTimers(this.#cell)
    return this.#timers
  }

  needWatches(): Watches {
    this.#watches ??= new Watches(this.#cell)
    return this.#watches
  }
}
