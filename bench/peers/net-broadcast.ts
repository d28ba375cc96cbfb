import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { JoinCount } from '../net/join-count.ts'
import { listen } from '../net/listen.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import type { Address, BroadcasterEnd } from '../net/roles.ts'

/**
 * A loop over all sockets, a message a turn. Who has enough is waited for before the next message.
 * @param frameFor called once for each client; answers what is written
 */
export async function broadcastLoop(
  at: Address,
  messageBytes: number,
  frameFor: (message: Uint8Array) => Uint8Array,
): Promise<BroadcasterEnd> {
  const views = messageViews(messageBytes)
  const sockets: Socket[] = []
  const joins = new JoinCount()
  const { address } = await listen(at, {}, (socket) => joins.add(sockets.push(socket)))
  const publishOne = async (message: Uint8Array): Promise<void> => {
    const full: Promise<unknown>[] = []
    for (const socket of sockets) if (!socket.write(frameFor(message))) full.push(once(socket, 'drain'))
    await (full.length > 0 ? Promise.all(full) : nextTurn())
  }
  return {
    address: async () => address,
    joined: joins.reached,
    publish: async (rounds) => {
      for (let round = 0; round < rounds; round++) await publishOne(messageAt(views, round))
    },
  }
}
