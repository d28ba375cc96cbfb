import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import { PseudoRandom } from '../../harness/pseudo-random.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

/** Everybody pings somebody at random, one ping under way each, and answers whoever pings. */
export async function big<Ref>(kit: AskingKit<Ref>, { actors, pings }: SavinaSize<'big'>): Promise<Tally> {
  const done = deferred<void>()
  let finished = 0
  let counted = 0
  let checksum = 0
  const sink = kit.spawn((message) => {
    counted += pings
    checksum += message.value ?? 0
    if (++finished === actors) done.resolve()
  })
  const neighbours: Ref[] = []
  for (let index = 0; index < actors; index++) {
    const random = new PseudoRandom(index)
    let sent = 0
    let answeredBy = 0
    neighbours.push(
      kit.spawn((message) => {
        if (message.type === 'ping')
          return kit.send(neighbours[message.value ?? 0] as Ref, { type: 'pong', value: index })
        answeredBy += message.value ?? 0
        if (sent === pings) return kit.send(sink, { type: 'done', value: answeredBy })
        sent++
        kit.send(neighbours[random.below(actors)] as Ref, { type: 'ping', value: index })
      }),
    )
  }
  for (const ref of neighbours) kit.send(ref, { type: 'pong', value: 0 })
  await done.promise
  for (const ref of [...neighbours, sink]) kit.stop(ref)
  return { counted, checksum }
}
