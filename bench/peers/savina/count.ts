import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

export async function count<Ref>(kit: AskingKit<Ref>, { messages }: SavinaSize<'count'>): Promise<Tally> {
  const done = deferred<Tally>()
  let counted = 0
  let checksum = 0
  const counter = kit.spawn((message) => {
    if (message.type === 'increment') {
      counted++
      checksum += message.value ?? 0
    } else {
      kit.send(message.from as Ref, { type: 'total' })
    }
  })
  const producer = kit.spawn((message, self) => {
    if (message.type === 'total') return done.resolve({ counted, checksum })
    for (let value = 0; value < messages; value++) kit.send(counter, { type: 'increment', value })
    kit.send(counter, { type: 'retrieve', from: self })
  })
  kit.send(producer, { type: 'go' })
  const tally = await done.promise
  kit.stop(producer)
  kit.stop(counter)
  return tally
}
