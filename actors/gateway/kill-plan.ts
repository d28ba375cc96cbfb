import type { GatewayOptions } from './options.ts'

export type KillKind = 'connection' | 'device' | 'thread'

/**
 * How a thread comes to its end.
 *
 * - `terminate`: the thread is ended from outside, wherever it is.
 * - `exit`: a handler calls `process.exit()`.
 * - `loop`: a handler never comes back, and the system's watchdog has to notice.
 */
export type ThreadKillManner = 'terminate' | 'exit' | 'loop'

/** What could be killed now. */
export type KillTargets = Readonly<Record<KillKind, readonly string[]>>

export type PlannedKill =
  | { readonly kind: 'connection' | 'device'; readonly target: string; readonly manner: 'throw' }
  | { readonly kind: 'thread'; readonly target: string; readonly manner: ThreadKillManner }

const kindsByMode: Readonly<Record<GatewayOptions['kill'], readonly KillKind[]>> = {
  none: [],
  actor: ['connection', 'device'],
  thread: ['thread'],
  all: ['thread', 'connection', 'device'],
}

const threadManners: readonly ThreadKillManner[] = ['terminate', 'exit', 'loop']

/** Chooses what dies next, and how. Every kind comes once a round, so that a short run sees each of them. */
export class KillPlan {
  readonly #kinds: ShuffledRounds<KillKind>
  readonly #threadManners: ShuffledRounds<ThreadKillManner>
  readonly #random: { next(): number }

  constructor(mode: GatewayOptions['kill'], random: { next(): number }) {
    this.#kinds = new ShuffledRounds(kindsByMode[mode], random)
    this.#threadManners = new ShuffledRounds(threadManners, random)
    this.#random = random
  }

  /** Answers undefined when nothing of the kind whose turn it is exists; its turn is over then. */
  next(targets: KillTargets): PlannedKill | undefined {
    const kind = this.#kinds.next()
    if (kind === undefined) return undefined
    const target = this.#pick(targets[kind])
    if (target === undefined) return undefined
    return kind === 'thread' ? { kind, target, manner: this.#threadManners.next()! } : { kind, target, manner: 'throw' }
  }

  #pick(candidates: readonly string[]): string | undefined {
    return candidates[Math.floor(this.#random.next() * candidates.length)]
  }
}

/** Hands out all of its items before it hands out one again, each time in another order. */
class ShuffledRounds<T> {
  readonly #items: readonly T[]
  readonly #random: { next(): number }
  #round: T[] = []

  constructor(items: readonly T[], random: { next(): number }) {
    this.#items = items
    this.#random = random
  }

  /** Undefined only if there are no items. */
  next(): T | undefined {
    if (this.#round.length === 0) this.#round = this.#shuffled()
    return this.#round.shift()
  }

  #shuffled(): T[] {
    const left = [...this.#items]
    const round: T[] = []
    while (left.length > 0) round.push(...left.splice(Math.floor(this.#random.next() * left.length), 1))
    return round
  }
}
