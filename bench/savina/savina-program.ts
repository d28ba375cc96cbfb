import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BenchCase, benchCase, type Outcome, type Scale, type Tally } from '../harness/bench-case.ts'
import { iterationsOf } from '../harness/measure.ts'
import { type BenchSystem, withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours } from '../peers/contenders.ts'
import { type SavinaName, type SavinaSize, savinaSizes } from './savina-sizes.ts'

/** A program of the suite as a case file states it. */
interface SavinaParts<S> {
  readonly expected: (size: S) => Tally
  /** One iteration of ours, on a system without threads. */
  readonly run: (bench: BenchSystem, size: S) => Promise<Tally>
}

interface SavinaProgram<S> {
  readonly spec: BenchCase
  readonly works: { readonly ours: (size: S) => Promise<Outcome> }
}

const STOPPING_MS = 5_000

/** Every iteration makes its actors and ends them, as the suite, and the peers, do. */
async function nobodyStays({ system }: BenchSystem, actors: number): Promise<void> {
  const endMs = performance.now() + STOPPING_MS
  for (;;) {
    const left = system.inspect().actors.length - actors
    if (left === 0) return
    if (performance.now() > endMs) throw new Error(`${left} actors were still there after the last iteration`)
    await nextTurn()
  }
}

/** Ours on one thread beside nact, and Erlang on one scheduler, with the same parameters. */
export function savinaProgram<N extends SavinaName>(
  name: N,
  caseUrl: string,
  parts: SavinaParts<SavinaSize<N>>,
): SavinaProgram<SavinaSize<N>> {
  const sizes = savinaSizes[name] as unknown as Readonly<Record<Scale, SavinaSize<N>>>
  const spec = benchCase<SavinaSize<N>>({
    name: `savina/${name}`,
    rows: [{ bench: `savina/${name}`, figure: 'ms', unit: 'ms', better: 'less' }],
    ours: ours(caseUrl, sizes),
    peers: [erlang(`savina_${name}`, sizes), nact(name, sizes)],
    expected: parts.expected,
  })
  const run = (size: SavinaSize<N>): Promise<Outcome> =>
    withSystem(0, async (bench) => {
      const actors = bench.system.inspect().actors.length
      const outcome = await iterationsOf(size.iterations, () => parts.run(bench, size))
      await nobodyStays(bench, actors)
      return outcome
    })
  return { spec, works: { ours: run } }
}
