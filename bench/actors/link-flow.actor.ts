import type { ActorRef } from 'troupe'
import { implementConnection, type Link } from 'troupe/actors'
import { messageAt, messageViews } from '../net/message-views.ts'
import type { ArrivalsProtocol } from './arrivals.actor.ts'
import type { GateProtocol } from './gate.actor.ts'

/** Counts the messages of one connection, and tells of them once for each read. */
export const LinkSink = implementConnection()({
  name: 'LinkSink',
  module: import.meta.url,
  start: (_self, _link, arrivals: ActorRef<ArrivalsProtocol>) => ({ arrivals, counted: 0, checksum: 0 }),
  frame({ state }, _link, message) {
    state.counted++
    state.checksum += message[0]! + message.length
  },
  batchEnd({ state }) {
    if (state.counted === 0) return // a piece of a message
    state.arrivals.tell.add(state.counted, state.checksum)
    state.counted = 0
    state.checksum = 0
  },
  on: {},
})

export interface LinkSourceProtocol {
  /** Sends so many messages, as fast as they are taken, and reports to the gate when none is kept back. */
  flood(count: number): void
}

interface SourceState {
  readonly link: Link
  readonly gate: ActorRef<GateProtocol>
  readonly views: readonly Uint8Array[]
  sent: number
  count: number
}

export const LinkSource = implementConnection<LinkSourceProtocol>()({
  name: 'LinkSource',
  module: import.meta.url,
  start: (_self, link, messageBytes: number, gate: ActorRef<GateProtocol>): SourceState => {
    return { link, gate, views: messageViews(messageBytes), sent: 0, count: 0 }
  },
  frame: () => {},
  drained: ({ state }) => sendOn(state),
  on: {
    flood({ state }, count) {
      state.sent = 0
      state.count = count
      sendOn(state)
    },
  },
})

function sendOn(state: SourceState): void {
  const { link, gate, views, count } = state
  while (state.sent < count) {
    if (link.send(messageAt(views, state.sent)) !== 'accepted') return
    state.sent++
  }
  gate.tell.report(count, 0)
}
