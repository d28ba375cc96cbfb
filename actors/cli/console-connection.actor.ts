import { implementConnection } from '../connection/implement-connection.ts'
import { type ConsoleSession, consoleSessions, type Peer } from './console-session.ts'

interface ConsoleState {
  readonly session: ConsoleSession
  readonly peer: Peer
}

/**
 * One connection of the command line. Streams, counts and the terminal are the session's, which is on the same thread; it is found by
 * its number, since none of that can be sent.
 */
export const ConsoleConnection = implementConnection()({
  name: 'ConsoleConnection',
  module: import.meta.url,
  framing: (session: number) => consoleSessions.at(session).newFraming(),
  start(_self, link, number: number): ConsoleState {
    const session = consoleSessions.at(number)
    return { session, peer: session.opened(link) }
  },
  frame: ({ state }, _link, chunk) => state.session.received(state.peer, chunk),
  ended: ({ state }) => state.session.ended(state.peer),
  closed: ({ state }, _link, error) => state.session.closed(state.peer, error),
  on: {},
})
