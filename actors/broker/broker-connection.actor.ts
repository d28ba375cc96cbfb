import { UnreachableError } from 'troupe'
import { implementConnection } from '../connection/implement-connection.ts'
import { type BrokerHub, type BrokerMember, brokerHubs } from './broker-hub.ts'

interface ConnectionState {
  readonly hub: BrokerHub
  readonly member: BrokerMember
}

/** One client of a broker, on the broker's thread. */
export const BrokerConnection = implementConnection()({
  name: 'BrokerConnection',
  module: import.meta.url,
  start(_self, link, hubKey: string): ConnectionState {
    const hub = brokerHubs.get(hubKey)
    if (hub === undefined) throw new UnreachableError('connection-closed', 'the broker has ended')
    return { hub, member: hub.join(link) }
  },
  frame: ({ state: { hub, member } }, _link, message) => hub.take(member, message),
  closed: ({ state: { hub, member } }) => hub.leave(member),
  on: {},
  // A connection that fails has not been told that it is closed.
  stop: ({ state: { hub, member } }) => hub.leave(member),
})
