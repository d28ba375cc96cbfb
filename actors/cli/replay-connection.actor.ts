import { implementConnection } from '../connection/implement-connection.ts'
import { CyncFraming } from '../device/cync/cync-framing.ts'
import { type ReplayPeer, replayPeers } from './replay-peer.ts'

/** One connection of a replay. What it is to send, and what it counts, is its peer's, which is on the same thread. */
export const ReplayConnection = implementConnection()({
  name: 'ReplayConnection',
  module: import.meta.url,
  framing: () => new CyncFraming(),
  start(_self, link, number: number): ReplayPeer {
    const peer = replayPeers.take(number)
    peer.opened(link)
    return peer
  },
  frame: ({ state }, _link, packet) => state.received(packet),
  closed: ({ state }) => state.closed(),
  on: {},
})
