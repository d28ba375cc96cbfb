import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import { compute } from '../../savina/computation.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

export async function fjthrput<Ref>(kit: AskingKit<Ref>, { actors, messages }: SavinaSize<'fjthrput'>): Promise<Tally> {
  const done = deferred<void>()
  let living = actors
  let counted = 0
  let checksum = 0
  const workers = Array.from({ length: actors }, () => {
    let processed = 0
    return kit.spawn((message, self) => {
      compute(37.2)
      counted++
      checksum += message.value ?? 0
      if (++processed < messages) return
      kit.stop(self)
      if (--living === 0) done.resolve()
    })
  })
  for (let value = 0; value < messages; value++) {
    for (const worker of workers) kit.send(worker, { type: 'work', value })
  }
  await done.promise
  return { counted, checksum }
}
