import { type ActorRef, implement, type SendResult } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

/** A small object, as one reading of a sensor would be. */
export interface Reading {
  readonly op: string
  readonly seq: number
  readonly name: string
  readonly at: number
}

export interface FlowSinkProtocol {
  /** What follows comes from `source`; after `count` of it the sums are reported. */
  expect(source: ActorRef<FlowSourceProtocol>, count: number): void
  numbers(a: number, b: number): void
  reading(reading: Reading): void
}

export interface FlowSourceProtocol {
  sendNumbers(sink: ActorRef<FlowSinkProtocol>, count: number): void
  sendReadings(sink: ActorRef<FlowSinkProtocol>, count: number): void
  /** The sink has room for so many more. */
  grant(messages: number): void
  goOn(): void
}

/** Messages that may be under way: less than a mailbox holds, so that none is refused on the other thread. */
const WINDOW = 32_768
/** The sink grants this many at a time. */
const CREDIT_STEP = 4_096
/** Messages sent in one turn. */
const BATCH = 1_000

interface SinkState {
  readonly gate: ActorRef<GateProtocol>
  source: ActorRef<FlowSourceProtocol> | undefined
  expected: number
  counted: number
  checksum: number
}

/** Counts what arrives, and gives credit for more. */
export const FlowSink = implement<FlowSinkProtocol>()({
  name: 'FlowSink',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>): SinkState => {
    return { gate, source: undefined, expected: 0, counted: 0, checksum: 0 }
  },
  on: {
    expect({ state }, source, count) {
      Object.assign(state, { source, expected: count, counted: 0, checksum: 0 })
    },
    numbers({ state }, a, b) {
      count(state, a + b)
    },
    reading({ state }, reading) {
      count(state, reading.seq)
    },
  },
})

function count(state: SinkState, value: number): void {
  state.counted++
  state.checksum += value
  if (state.counted % CREDIT_STEP === 0) state.source?.tell.grant(CREDIT_STEP)
  if (state.counted === state.expected) state.gate.tell.report(state.counted, state.checksum)
}

interface SourceState {
  send: (index: number) => SendResult
  next: number
  count: number
  credit: number
  isGoingOn: boolean
}

const resting = (): SourceState => ({ send: () => 'accepted', next: 0, count: 0, credit: 0, isGoingOn: false })

/** Sends as long as it has credit, a batch a turn. */
export const FlowSource = implement<FlowSourceProtocol>()({
  name: 'FlowSource',
  module: import.meta.url,
  start: resting,
  on: {
    sendNumbers(self, sink, count) {
      const { tell } = sink
      begin(self.state, (index) => tell.numbers(index, 1), count)
      pump(self)
    },
    sendReadings(self, sink, count) {
      const { tell } = sink
      begin(self.state, (seq) => tell.reading({ op: 'set', seq, name: 'sensor-17', at: 1_700_000_000_000 }), count)
      pump(self)
    },
    grant(self, messages) {
      self.state.credit += messages
      pump(self)
    },
    goOn(self) {
      self.state.isGoingOn = false
      pump(self)
    },
  },
})

function begin(state: SourceState, send: SourceState['send'], count: number): void {
  Object.assign(state, { send, next: 0, count, credit: WINDOW })
}

/** One batch. What the ring has no room for is tried again in the next turn. */
function pump({ state, ref }: { readonly state: SourceState; readonly ref: ActorRef<FlowSourceProtocol> }): void {
  if (state.isGoingOn) return
  const { send, count, credit } = state
  const end = Math.min(count, state.next + Math.min(credit, BATCH))
  let index = state.next
  while (index < end && send(index) === 'accepted') index++
  state.credit -= index - state.next
  state.next = index
  state.isGoingOn = index < count && state.credit > 0 && ref.tell.goOn() === 'accepted'
}
