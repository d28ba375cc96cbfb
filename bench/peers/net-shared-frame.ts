import { framed } from '../net/framed.ts'
import { netWorks } from '../net/net-works.ts'
import { audience } from '../net/raw-clients.ts'
import type { Address, BroadcasterEnd, Ends } from '../net/roles.ts'
import { broadcastLoop } from './net-broadcast.ts'

/** The loop over all sockets as one writes it who knows that a buffer may be written to many sockets. */
export const ends = { broadcaster, audience } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

async function broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  let last: Uint8Array | undefined
  let frame: Uint8Array
  return broadcastLoop(at, messageBytes, (message) => {
    if (message !== last) {
      last = message
      frame = framed(message)
    }
    return frame
  })
}
