import { SavinaPing, SavinaPong } from '../actors/savina/ping-pong.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: pingpong, works } = savinaProgram('pingpong', import.meta.url, {
  expected: ({ pings }) => ({ counted: pings, checksum: sumBelow(pings) }),
  run({ system, gate, reported }, { pings }) {
    const pong = system.spawn(SavinaPong, [gate], ONCE)
    system.spawn(SavinaPing, [pong], ONCE).tell.begin(pings)
    return reported()
  },
})
