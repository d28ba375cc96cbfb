import { Counting, Producing } from '../actors/savina/count.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: count, works } = savinaProgram('count', import.meta.url, {
  expected: ({ messages }) => ({ counted: messages, checksum: sumBelow(messages) }),
  run({ system, gate, reported }, { messages }) {
    const counting = system.spawn(Counting, [gate], ONCE)
    system.spawn(Producing, [counting], ONCE).tell.produce(0, messages)
    return reported()
  },
})
