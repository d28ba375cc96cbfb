// prints: accepted
// prints: 7
// prints: 7 6 5
// prints: 5
//
// One actor on a worker thread: told, asked, streamed from, and started again after a failure.

import { createSystem } from 'troupe'
import { Counter } from './counter.actor.ts'

const system = await createSystem({ threads: 2 })
const counter = system.spawn(Counter, [5], { name: 'counter', backoff: { minMs: 1, maxMs: 100 } })

console.log(counter.tell.add(2)) // no answer; says whether it was taken
console.log(await counter.ask.total())

const seen: number[] = []
for await (const total of counter.stream.countdown()) {
  seen.push(total)
  if (total === 5) break
}
console.log(seen.join(' '))

counter.tell.fail()
console.log(await counter.ask.total()) // started again at 5; the question waited in the mailbox

await system.shutdown()
