import { Sink } from '../actors/savina/big.actor.ts'
import { PseudoRandom } from '../harness/pseudo-random.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: big, works } = savinaProgram('big', import.meta.url, {
  /** Who is pinged follows from the seeds: the checksum is the sum of the numbers of those who answered. */
  expected({ actors, pings }) {
    let checksum = 0
    for (let index = 0; index < actors; index++) {
      const random = new PseudoRandom(index)
      for (let ping = 0; ping < pings; ping++) checksum += random.below(actors)
    }
    return { counted: actors * pings, checksum }
  },
  run({ system, gate, reported }, { actors, pings }) {
    system.spawn(Sink, [gate, actors, pings], ONCE).tell.begin()
    return reported()
  },
})
