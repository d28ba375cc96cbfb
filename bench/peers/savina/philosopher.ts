import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

/** An arbiter hands out both forks or none; who is denied is hungry again at once. */
export async function philosopher<Ref>(
  kit: AskingKit<Ref>,
  { philosophers, rounds }: SavinaSize<'philosopher'>,
): Promise<Tally> {
  const done = deferred<void>()
  const isTaken = new Array<boolean>(philosophers).fill(false)
  let left = philosophers
  let counted = 0
  let checksum = 0
  const arbiter = kit.spawn((message) => {
    const seat = message.value ?? 0
    const right = (seat + 1) % philosophers
    if (message.type === 'hungry') {
      const isDenied = isTaken[seat] === true || isTaken[right] === true
      if (!isDenied) isTaken[seat] = isTaken[right] = true
      kit.send(message.from as Ref, { type: isDenied ? 'denied' : 'eat' })
    } else if (message.type === 'done') {
      isTaken[seat] = isTaken[right] = false
      counted++
      checksum += seat
    } else if (--left === 0) {
      done.resolve()
    }
  })
  const seated = Array.from({ length: philosophers }, (_, seat) => spawnPhilosopher(kit, arbiter, seat, rounds))
  for (const ref of seated) kit.send(ref, { type: 'start' })
  await done.promise
  for (const ref of [...seated, arbiter]) kit.stop(ref)
  return { counted, checksum }
}

function spawnPhilosopher<Ref>(kit: AskingKit<Ref>, arbiter: Ref, seat: number, rounds: number): Ref {
  let eaten = 0
  return kit.spawn((message, self) => {
    if (message.type !== 'eat') return kit.send(arbiter, { type: 'hungry', value: seat, from: self })
    eaten++
    kit.send(arbiter, { type: 'done', value: seat })
    if (eaten < rounds) kit.send(self, { type: 'start' })
    else kit.send(arbiter, { type: 'exit' })
  })
}
