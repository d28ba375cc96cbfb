import { UnreachableError } from 'troupe'
import { implementConnection } from '../connection/implement-connection.ts'
import type { Link } from '../connection/link.ts'
import { sessionHosts } from './reliable-hosts.ts'
import type { ReliablePeer } from './reliable-peer.ts'

interface State {
  readonly peer: ReliablePeer
  readonly link: Link
}

/** One connection of a session that dials, on the thread of the session. Fails when the connection breaks, and is started again. */
export const ReliableClientLink = implementConnection()({
  name: 'ReliableClientLink',
  module: import.meta.url,
  async start(_self, link, key: string): Promise<State> {
    const peer = await sessionHosts.get(key)?.peerOf('', new Uint8Array(0))
    if (peer === undefined) throw new UnreachableError('connection-closed', 'the session has ended')
    peer.attach(link)
    return { peer, link }
  },
  frame: ({ state }, link, message) => state.peer.take(link, message),
  batchEnd: ({ state }) => state.peer.batchEnd(),
  closed: ({ state }, link) => state.peer.detach(link),
  on: {},
  // A connection that fails has not been told that it is closed.
  stop: ({ state }) => state.peer.detach(state.link),
})
