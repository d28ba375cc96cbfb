import { UsageError } from 'troupe'
import type { Framing } from '../connection/framing.ts'
import { type ChaosConfig, type ChaosDirection, type ResolvedChaosConfig, resolveChaosConfig } from './chaos-config.ts'
import { type ChaosCounts, noChaosCounts } from './chaos-counts.ts'
import { type ChaosSettings, checkFaults } from './chaos-options.ts'
import { ChaosPair } from './chaos-pair.ts'

/** What a chaos actor has done so far. Counts. */
export interface ChaosStatistics {
  /** With it and the same connections in the same order, everybody gets the same fate again. */
  readonly seed: number
  readonly acceptedConnections: number
  readonly openConnections: number
  /** Accepted, and then closed because nobody could be reached for them. */
  readonly failedDials: number
  /** From who dials to who accepts. */
  readonly up: Readonly<ChaosCounts>
  readonly down: Readonly<ChaosCounts>
  /** Held now, in both directions. */
  readonly heldMessages: number
  readonly heldBytes: number
}

const directions: readonly string[] = Object.freeze(['up', 'down', 'both'])

/** All connections of one chaos actor, on its thread. */
export class ChaosHub {
  readonly #framing: Framing
  readonly #onAccepted: (pair: number) => void
  readonly #pairs = new Map<number, ChaosPair>()
  /** Of those that are closed. */
  readonly #up = noChaosCounts()
  readonly #down = noChaosCounts()
  #settings: ChaosSettings
  #lastNumber = 0
  failedDials = 0

  /** @param onAccepted somebody is to be dialled for it */
  constructor(settings: ChaosSettings, framing: Framing, onAccepted: (pair: number) => void) {
    this.#settings = settings
    this.#framing = framing
    this.#onAccepted = onAccepted
  }

  get statistics(): ChaosStatistics {
    const [up, down] = [{ ...this.#up }, { ...this.#down }]
    const held = { heldMessages: 0, heldBytes: 0 }
    for (const pair of this.#pairs.values()) {
      pair.addCounts(up, down)
      held.heldMessages += pair.held.messages
      held.heldBytes += pair.held.bytes
    }
    const { seed } = this.#settings
    const { failedDials } = this
    const [acceptedConnections, openConnections] = [this.#lastNumber, this.#pairs.size]
    return { seed, acceptedConnections, openConnections, failedDials, up, down, ...held }
  }

  /** Throws `UsageError`, and keeps what was, for a config that cannot be. */
  set(config: ChaosConfig, direction: ChaosDirection | 'both'): void {
    if (!directions.includes(direction)) {
      throw new UsageError(
        'invalid-option',
        `chaos: direction must be one of ${directions.join(', ')}, got ${direction}`,
      )
    }
    const resolved = resolveChaosConfig(config)
    checkFaults(this.#settings.framing, resolved)
    this.#change((old, of) => (direction === 'both' || direction === of ? resolved : old))
  }

  partition(given: ResolvedChaosConfig['partitioned']): void {
    const { partitioned } = resolveChaosConfig({ partitioned: given })
    this.#change((old) => ({ ...old, partitioned }))
  }

  accepted(): ChaosPair {
    const pair = new ChaosPair(++this.#lastNumber, this.#settings, this.#framing, (closed) => {
      closed.addCounts(this.#up, this.#down)
      this.#pairs.delete(closed.number)
    })
    this.#pairs.set(pair.number, pair)
    this.#onAccepted(pair.number)
    return pair
  }

  pair(number: number): ChaosPair | undefined {
    return this.#pairs.get(number)
  }

  /** Of all that are open, or of the one that comes from there. Answers how many there were. */
  forEach(remote: string | undefined, act: (pair: ChaosPair) => void): number {
    const open = [...this.#pairs.values()].filter((pair) => pair.isOpen)
    const meant = remote === undefined ? open : open.filter((pair) => pair.remote === remote)
    for (const pair of meant) act(pair)
    return meant.length
  }

  #change(changed: (old: ResolvedChaosConfig, direction: ChaosDirection) => ResolvedChaosConfig): void {
    const { up, down } = this.#settings
    this.#settings = { ...this.#settings, up: changed(up, 'up'), down: changed(down, 'down') }
    for (const pair of this.#pairs.values()) pair.set(this.#settings.up, this.#settings.down)
  }
}

/** Those of this thread, by key: the actors of their connections find them here. */
export const chaosHubs = new Map<string, ChaosHub>()
