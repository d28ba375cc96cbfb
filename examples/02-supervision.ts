// prints: north: 1
// prints: south: 1
// prints: north failed
// prints: north: 0, south: 1
//
// A parent with two children. One fails: it alone is started again, and the parent, which watches, hears of nothing,
// since a restart is no end. Only a child that stops for good is reported.

import { createSystem } from 'troupe'
import { Station } from './station.actor.ts'

const system = await createSystem({ threads: 1 })
const station = system.spawn(Station, [['north', 'south']])

console.log(`north: ${await station.ask.measure('north')}`)
console.log(`south: ${await station.ask.measure('south')}`)

const restarted = new Promise<void>((resolve) => {
  system.events.on('restarted', ({ path }) => {
    console.log(`${path.split('/').at(-1)} failed`)
    resolve()
  })
})
station.tell.disturb('north')
await restarted

console.log(await station.ask.report())
await system.shutdown()
