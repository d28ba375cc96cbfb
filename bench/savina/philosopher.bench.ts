import { Arbiter, Philosopher } from '../actors/savina/philosopher.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: philosopher, works } = savinaProgram('philosopher', import.meta.url, {
  /** The checksum is the sum of the seats of those who have eaten. */
  expected: ({ philosophers, rounds }) => ({
    counted: philosophers * rounds,
    checksum: sumBelow(philosophers) * rounds,
  }),
  run({ system, gate, reported }, { philosophers, rounds }) {
    const arbiter = system.spawn(Arbiter, [gate, philosophers], ONCE)
    for (let seat = 0; seat < philosophers; seat++) {
      system.spawn(Philosopher, [arbiter, seat, rounds], ONCE).tell.start()
    }
    return reported()
  },
})
