import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import { complement } from '../../savina/computation.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

/** Creatures meet in pairs at a mall; how often each did is counted when the mall closes. */
export async function chameneos<Ref>(
  kit: AskingKit<Ref>,
  { creatures, meetings }: SavinaSize<'chameneos'>,
): Promise<Tally> {
  const done = deferred<Tally>()
  let left = meetings
  let waiting: Ref | undefined
  let faded = 0
  let counted = 0
  const mall = kit.spawn((message, self) => {
    if (message.type === 'count') {
      counted += message.value ?? 0
      if (++faded === creatures) done.resolve({ counted, checksum: faded })
    } else if (left === 0) {
      kit.send(message.from as Ref, { type: 'exit', from: self })
    } else if (waiting === undefined) {
      waiting = message.from as Ref
    } else {
      left--
      kit.send(waiting, message)
      waiting = undefined
    }
  })
  for (let index = 0; index < creatures; index++) spawnCreature(kit, mall, index % 3)
  const tally = await done.promise
  kit.stop(mall)
  return tally
}

function spawnCreature<Ref>(kit: AskingKit<Ref>, mall: Ref, firstColor: number): void {
  let color = firstColor
  let met = 0
  const creature = kit.spawn((message, self) => {
    if (message.type === 'exit') {
      kit.send(message.from as Ref, { type: 'count', value: met })
      return kit.stop(self)
    }
    met++
    if (message.type === 'meet') {
      color = complement(color, message.value ?? 0)
      kit.send(message.from as Ref, { type: 'change', value: color })
    } else {
      color = message.value ?? 0
    }
    kit.send(mall, { type: 'meet', value: color, from: self })
  })
  kit.send(mall, { type: 'meet', value: color, from: creature })
}
