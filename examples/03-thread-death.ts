// prints: before: 5
// prints: a thread died
// prints: after: 3
//
// An actor ends its whole thread. Another thread takes the place; the actor starts again under the same ref, and what was
// told while nobody was there had waited.

import { createSystem } from 'troupe'
import { Fragile } from './fragile.actor.ts'

const system = await createSystem({ threads: 2 })
const died = new Promise<void>((resolve) => {
  system.events.on('thread-lost', () => resolve())
})

const fragile = system.spawn(Fragile, [], { name: 'fragile' })
fragile.tell.add(5)
console.log(`before: ${await fragile.ask.total()}`)

fragile.tell.die()
await died
console.log('a thread died')

fragile.tell.add(1)
fragile.tell.add(2)
console.log(`after: ${await fragile.ask.total()}`)

await system.shutdown()
