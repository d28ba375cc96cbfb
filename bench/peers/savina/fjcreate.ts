import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import { compute } from '../../savina/computation.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

export async function fjcreate<Ref>(kit: AskingKit<Ref>, { actors }: SavinaSize<'fjcreate'>): Promise<Tally> {
  const done = deferred<void>()
  let counted = 0
  let checksum = 0
  for (let value = 0; value < actors; value++) {
    const worker = kit.spawn((message, self) => {
      compute(37.2)
      checksum += message.value ?? 0
      kit.stop(self)
      if (++counted === actors) done.resolve()
    })
    kit.send(worker, { type: 'work', value })
  }
  await done.promise
  return { counted, checksum }
}
