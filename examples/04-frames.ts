// prints: 1000000 1000000 1000000
// prints: 2000000 2000000 2000000
//
// One actor fills a megabyte of shared memory and shows it to three others on two threads: one frame, three messages, and
// nobody copies a byte.

import { createSystem } from 'troupe'
import { Analyst, Camera } from './camera.actor.ts'

const system = await createSystem({ threads: 2 })
const camera = system.spawn(Camera, [], { name: 'camera' })
const analysts = [1, 2, 3].map((n) => system.spawn(Analyst, [], { name: `analyst-${n}` }))

for (let round = 0; round < 2; round++) {
  const sums = await camera.ask.shoot(1_000_000, analysts)
  console.log(sums.join(' '))
}

await system.shutdown()
