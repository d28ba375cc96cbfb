import { CreationMaster } from '../actors/savina/fork-join.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: fjcreate, works } = savinaProgram('fjcreate', import.meta.url, {
  expected: ({ actors }) => ({ counted: actors, checksum: sumBelow(actors) }),
  run({ system, gate, reported }, { actors }) {
    system.spawn(CreationMaster, [gate, actors], ONCE).tell.go(0)
    return reported()
  },
})
