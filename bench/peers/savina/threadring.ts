import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

export async function threadring<Ref>(kit: AskingKit<Ref>, { actors, hops }: SavinaSize<'threadring'>): Promise<Tally> {
  const done = deferred<void>()
  let counted = 0
  let checksum = 0
  const ring: Ref[] = []
  for (let index = 0; index < actors; index++) {
    ring.push(
      kit.spawn((message) => {
        const left = message.value ?? 0
        if (left === 0) return done.resolve()
        counted++
        checksum += left
        kit.send(ring[(index + 1) % actors] as Ref, { type: 'token', value: left - 1 })
      }),
    )
  }
  kit.send(ring[0] as Ref, { type: 'token', value: hops })
  await done.promise
  for (const ref of ring) kit.stop(ref)
  return { counted, checksum }
}
