import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

/** After each pong the pinger tells itself to go on, as the suite has it: three messages a ping. */
export async function pingpong<Ref>(kit: AskingKit<Ref>, { pings }: SavinaSize<'pingpong'>): Promise<Tally> {
  const done = deferred<Tally>()
  let left = pings
  let counted = 0
  let checksum = 0
  const pong = kit.spawn((message) => {
    counted++
    checksum += message.value ?? 0
    kit.send(message.from as Ref, { type: 'pong' })
  })
  const ping = kit.spawn((message, self) => {
    if (message.type === 'ping') {
      left--
      kit.send(pong, { type: 'ping', value: left, from: self })
    } else if (left > 0) {
      kit.send(self, { type: 'ping' })
    } else {
      done.resolve({ counted, checksum })
    }
  })
  kit.send(ping, { type: 'ping' })
  const tally = await done.promise
  kit.stop(ping)
  kit.stop(pong)
  return tally
}
