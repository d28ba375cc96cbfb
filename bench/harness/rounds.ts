import type { BenchCase, Contender, Outcome, Scale, Tally } from './bench-case.ts'
import type { Ran } from './programs.ts'

/** What the rounds of one contender gave: figures by name, a value per round; or why there are none. */
export type Standing =
  | { readonly kind: 'measured'; readonly figures: ReadonlyMap<string, readonly number[]> }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

export interface RoundsOptions {
  readonly scale: Scale
  readonly rounds: number
  readonly run: (contender: Contender, size: Contender['sizes'][Scale]) => Promise<Ran>
}

/**
 * Ours, first peer, second peer, ours, …: a slow minute of the machine hits all of them. A contender that fails or has to
 * be skipped takes no part in later rounds. The standings are in the order ours, peers.
 */
export async function runRounds(spec: BenchCase, options: RoundsOptions): Promise<Standing[]> {
  const contenders = [spec.ours, ...spec.peers]
  const standings = contenders.map((): Standing => ({ kind: 'measured', figures: new Map() }))
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const standing = standings[index]
      if (standing?.kind !== 'measured') continue
      const size = contender.sizes[options.scale]
      standings[index] = withRun(standing, await options.run(contender, size), spec.expected(size))
    }
  }
  return standings
}

function withRun(standing: Standing & { kind: 'measured' }, ran: Ran, expected: Tally): Standing {
  if ('skipped' in ran) return { kind: 'skipped', why: ran.skipped }
  if ('failure' in ran) return { kind: 'failed', why: ran.failure }
  const wrong = wrongTally(ran.outcome, expected)
  if (wrong !== undefined) return { kind: 'failed', why: wrong }
  const figures = new Map(standing.figures)
  for (const [name, value] of Object.entries(ran.outcome.figures))
    figures.set(name, [...(figures.get(name) ?? []), value])
  return { kind: 'measured', figures }
}

function wrongTally(outcome: Outcome, expected: Tally): string | undefined {
  if (outcome.counted !== expected.counted) return `counted ${outcome.counted} instead of ${expected.counted}`
  if (outcome.checksum !== expected.checksum) return `checksum ${outcome.checksum} instead of ${expected.checksum}`
  return undefined
}
