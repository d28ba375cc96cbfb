import type { GatewayOptions } from './options.ts'

export type KillKind = 'connection' | 'device' | 'thread'

/** What could be killed now. */
export type KillTargets = Readonly<Record<KillKind, readonly string[]>>

export interface PlannedKill {
  readonly kind: KillKind
  readonly target: string
}

const kindsByMode: Readonly<Record<GatewayOptions['kill'], readonly KillKind[]>> = {
  none: [],
  actor: ['connection', 'device'],
  thread: ['thread'],
  all: ['thread', 'connection', 'device'],
}

/** Chooses what dies next. Every kind comes once a round, in shuffled order, so that a short run sees each of them. */
export class KillPlan {
  readonly #kinds: readonly KillKind[]
  readonly #random: { next(): number }
  #round: KillKind[] = []

  constructor(mode: GatewayOptions['kill'], random: { next(): number }) {
    this.#kinds = kindsByMode[mode]
    this.#random = random
  }

  /** Answers undefined when nothing of the kind whose turn it is exists; its turn is over then. */
  next(targets: KillTargets): PlannedKill | undefined {
    if (this.#round.length === 0) this.#round = this.#shuffled()
    const kind = this.#round.shift()
    if (kind === undefined) return undefined
    const target = this.#pick(targets[kind])
    return target === undefined ? undefined : { kind, target }
  }

  #shuffled(): KillKind[] {
    const left = [...this.#kinds]
    const round: KillKind[] = []
    while (left.length > 0) round.push(...left.splice(Math.floor(this.#random.next() * left.length), 1))
    return round
  }

  #pick(candidates: readonly string[]): string | undefined {
    return candidates[Math.floor(this.#random.next() * candidates.length)]
  }
}
