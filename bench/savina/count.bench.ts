import { Counter, Producer } from '../actors/flood.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: count, works } = savinaProgram('count', import.meta.url, {
  expected: ({ messages }) => ({ counted: messages, checksum: sumBelow(messages) }),
  run({ system, gate, reported }, { messages }) {
    const counter = system.spawn(Counter, [gate])
    system.spawn(Producer, [counter]).tell.produce(0, messages)
    return reported()
  },
})
