import { sumBelow } from '../harness/measure.ts'
import { goRound, makeRing } from '../harness/ring.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: threadring, works } = savinaProgram('threadring', import.meta.url, {
  expected: ({ hops }) => ({ counted: hops, checksum: sumBelow(hops + 1) }),
  run: (bench, { actors, hops }) => goRound(bench, makeRing(bench, actors, ONCE), hops, 'retire'),
})
