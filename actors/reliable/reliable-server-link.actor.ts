import { ProtocolError, UnreachableError } from 'troupe'
import { implementConnection } from '../connection/implement-connection.ts'
import type { Link } from '../connection/link.ts'
import { ReliableFrame } from './reliable-frame.ts'
import { frameKinds } from './reliable-frame-layout.ts'
import { type SessionHost, sessionHosts } from './reliable-hosts.ts'
import type { ReliablePeer } from './reliable-peer.ts'

interface State {
  readonly host: SessionHost
  readonly link: Link
  peer: ReliablePeer | undefined
  /** Messages before the first HELLO. */
  strayCount: number
}

/** A peer that says so much without having said who it is will not do so. Messages. */
const STRAYS_MAX = 100
const hello = new ReliableFrame()

/** One accepted connection, on the thread of the sessions. Its first HELLO says which of them it belongs to. */
export const ReliableServerLink = implementConnection()({
  name: 'ReliableServerLink',
  module: import.meta.url,
  start(_self, link, key: string): State {
    const host = sessionHosts.get(key)
    if (host === undefined) throw new UnreachableError('connection-closed', 'the server of sessions has ended')
    return { host, link, peer: undefined, strayCount: 0 }
  },
  frame({ state }, link, message) {
    if (state.peer === undefined) return greet(state, message)
    state.peer.take(link, message)
    return undefined
  },
  batchEnd: ({ state }) => state.peer?.batchEnd(),
  closed: ({ state }, link) => state.peer?.detach(link),
  on: {},
  stop: ({ state }) => state.peer?.detach(state.link),
})

function greet(state: State, message: Uint8Array): Promise<void> | undefined {
  if (hello.read(message) !== undefined || hello.kind !== frameKinds.hello) {
    // Lost or changed on its way: it will be said again.
    if (++state.strayCount === STRAYS_MAX) {
      state.link.destroy(new ProtocolError('bad-reliable-frame', `${STRAYS_MAX} messages, and none of them a HELLO`))
    }
    return undefined
  }
  const found = state.host.peerOf(hello.textString, hello.sessionId)
  if (found instanceof Promise) return attachLater(state, found, new Uint8Array(message))
  attach(state, found, message)
  return undefined
}

async function attachLater(state: State, found: Promise<ReliablePeer | undefined>, message: Uint8Array): Promise<void> {
  attach(state, await found, message)
}

function attach(state: State, peer: ReliablePeer | undefined, message: Uint8Array): void {
  const { link } = state
  if (!link.isOpen) return
  if (peer === undefined) return link.destroy(new UnreachableError('connection-closed', 'no more sessions are taken'))
  state.peer = peer
  peer.attach(link)
  peer.take(link, message)
}
