import type { ActorCell } from './actor-cell.ts'
import { ActorTimers } from './actor-timers.ts'
import type { Envelope, QueuedMessage } from './envelope.ts'
import { Family } from './family.ts'
import type { Frame } from './frame.ts'
import type { InFlight } from './in-flight.ts'
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
  readonly keyed = new Map<string, Keyed>()
  /** Handlers that are awaiting. */
  readonly inFlight = new Set<InFlight>()
  /** Asks made through `self.ask` that wait. */
  readonly asks = new Set<PendingAsk>()
  /** Other work of this incarnation that ends with it. */
  readonly tasks = new Set<{ abandon(error: unknown): void }>()
  /** Frames that were kept beyond their handler. */
  readonly frames = new Set<Frame>()
  readonly streams = new Set<StreamProducer>()
  /** Resolvers of `ref.ready()`. */
  readonly ready = new Set<{ resolve(): void; reject(error: unknown): void }>()
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

  needTimers(): ActorTimers {
    this.#timers ??= new ActorTimers(this.#cell)
    return this.#timers
  }

  needWatches(): Watches {
    this.#watches ??= new Watches(this.#cell)
    return this.#watches
  }
}
