import { ThroughputMaster } from '../actors/savina/fork-join.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: fjthrput, works } = savinaProgram('fjthrput', import.meta.url, {
  expected: ({ actors, messages }) => ({ counted: actors * messages, checksum: actors * sumBelow(messages) }),
  run({ system, gate, reported }, { actors, messages }) {
    system.spawn(ThroughputMaster, [gate, actors, messages], ONCE).tell.go(0)
    return reported()
  },
})
