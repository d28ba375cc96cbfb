import { SavinaPing, SavinaPong } from '../actors/savina/ping-pong.actor.ts'
import { sumBelow } from '../harness/measure.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: pingpong, works } = savinaProgram('pingpong', import.meta.url, {
  expected: ({ pings }) => ({ counted: pings, checksum: sumBelow(pings) }),
  run({ system, gate, reported }, { pings }) {
    const pong = system.spawn(SavinaPong, [gate])
    system.spawn(SavinaPing, [pong]).tell.begin(pings)
    return reported()
  },
})
