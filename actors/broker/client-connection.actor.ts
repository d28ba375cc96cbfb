import { ProtocolError, UnreachableError } from 'troupe'
import { implementConnection } from '../connection/implement-connection.ts'
import { clientSessions } from './client-session.ts'

/** The connection of a client to its broker, on the client's thread. Fails when the connection breaks, and is started again. */
export const ClientConnection = implementConnection()({
  name: 'ClientConnection',
  module: import.meta.url,
  start(_self, link, sessionKey: string) {
    const session = clientSessions.get(sessionKey)
    if (session === undefined) throw new UnreachableError('connection-closed', 'the client has ended')
    session.connected(link)
    return { session, link }
  },
  frame({ state }, link, message) {
    if (!link.isOpen) return undefined
    try {
      return state.session.take(message)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      link.destroy(error)
      return undefined
    }
  },
  closed: ({ state }, link) => state.session.disconnected(link),
  on: {},
  stop: ({ state }) => state.session.disconnected(state.link),
})
