import type { ActorRef } from 'troupe'
import { implementConnection, type Link } from 'troupe/actors'
import type { Tally } from '../harness/bench-case.ts'
import { MessageTally } from '../peers/framed-stream.ts'

/** The first byte of a message is its number modulo this. */
const MARKS = 64

export interface LinkSinkGate {
  report(tally: Tally): void
}

/** Counts what arrives, and reports when all has. */
export const LinkSink = implementConnection()({
  name: 'LinkSink',
  module: import.meta.url,
  start: (_self, _link, expected: number, gate: ActorRef<LinkSinkGate>) => ({
    expected,
    gate,
    tally: new MessageTally(),
  }),
  frame: ({ state }, _link, message) => state.tally.add(message),
  batchEnd({ state }) {
    if (state.tally.tally.counted === state.expected) state.gate.tell.report(state.tally.tally)
  },
  on: {},
})

interface LinkSourceProtocol {
  flood(count: number, messageBytes: number): void
}

/** Sends as many messages as it is told, as fast as they are taken. */
export const LinkSource = implementConnection<LinkSourceProtocol>()({
  name: 'LinkSource',
  module: import.meta.url,
  start: (_self, link) => ({ link, message: Buffer.alloc(0), sent: 0, count: 0 }),
  frame: () => {},
  drained: ({ state }) => sendOn(state),
  on: {
    flood({ state }, count, messageBytes) {
      state.count += count
      state.message = Buffer.alloc(messageBytes)
      sendOn(state)
    },
  },
})

function sendOn(state: { readonly link: Link; readonly message: Buffer; sent: number; readonly count: number }): void {
  const { link, message, count } = state
  while (state.sent < count) {
    message[0] = state.sent % MARKS
    if (link.send(message) !== 'accepted') return
    state.sent++
  }
}
