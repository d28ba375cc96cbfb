import { Manager } from '../actors/savina/bounded-buffer.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: bndbuffer, works } = savinaProgram('bndbuffer', import.meta.url, {
  expected: ({ producers, items }) => ({ counted: producers * items, checksum: producers * sumBelow(items) }),
  run({ system, gate, reported }, size) {
    system.spawn(Manager, [gate, size], ONCE).tell.begin()
    return reported()
  },
})
