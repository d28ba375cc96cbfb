import type { ActorRef } from 'troupe'
import { implementConnection, type Link } from 'troupe/actors'
import { messageAt, messageViews } from '../net/message-views.ts'
import type { GateProtocol } from './gate.actor.ts'

/** Sends back every message. */
export const LinkEcho = implementConnection()({
  name: 'LinkEcho',
  module: import.meta.url,
  start: () => undefined,
  frame: (_self, link, message) => void link.send(message),
  on: {},
})

export interface LinkCallerProtocol {
  /** Sends message number `index`; the gate is told when it is back: counted is 1 if it is the same. */
  call(index: number): void
}

interface CallerState {
  readonly link: Link
  readonly gate: ActorRef<GateProtocol>
  readonly views: readonly Uint8Array[]
  sent: Uint8Array
}

export const LinkCaller = implementConnection<LinkCallerProtocol>()({
  name: 'LinkCaller',
  module: import.meta.url,
  start: (_self, link, messageBytes: number, gate: ActorRef<GateProtocol>): CallerState => {
    const views = messageViews(messageBytes)
    return { link, gate, views, sent: messageAt(views, 0) }
  },
  frame: ({ state }, _link, message) => void state.gate.tell.report(same(message, state.sent), 0),
  on: {
    call({ state }, index) {
      state.sent = messageAt(state.views, index)
      state.link.send(state.sent)
    },
  },
})

/** Has one message echoed and closes; the gate is told when that is done. */
export const LinkVisitor = implementConnection()({
  name: 'LinkVisitor',
  module: import.meta.url,
  start: (_self, link, message: Uint8Array, gate: ActorRef<GateProtocol>) => {
    link.send(message)
    return { message, gate, count: 0 }
  },
  frame({ state }, link, message) {
    state.count += same(message, state.message)
    link.end()
  },
  closed: ({ state }) => void state.gate.tell.report(state.count, 0),
  on: {},
})

function same(message: Uint8Array, sent: Uint8Array): number {
  return Buffer.compare(message, sent) === 0 ? 1 : 0
}
