import { type ActorRef, type Frame, implement, type Self } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface FrameSinkProtocol {
  /** What follows comes from `source`, `window` frames ahead at most; after `count` of it the sums are reported. */
  expect(source: ActorRef<FrameSourceProtocol>, count: number, window: number): void
  take(frame: Frame): void
}

export interface FrameSourceProtocol {
  send(sink: ActorRef<FrameSinkProtocol>, count: number, bytes: number, window: number): void
  /** The sink has room for so many more. */
  grant(frames: number): void
  goOn(): void
}

/** Frames sent in one turn. */
const BATCH = 256

interface SinkState {
  readonly gate: ActorRef<GateProtocol>
  source: ActorRef<FrameSourceProtocol> | undefined
  step: number
  expected: number
  counted: number
  checksum: number
}

/** Reads the first and the last byte of every frame where it lies, and gives credit for more. */
export const FrameSink = implement<FrameSinkProtocol>()({
  name: 'FrameSink',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>): SinkState => {
    return { gate, source: undefined, step: 1, expected: 0, counted: 0, checksum: 0 }
  },
  on: {
    expect({ state }, source, count, window) {
      Object.assign(state, { source, step: Math.max(1, window >> 1), expected: count, counted: 0, checksum: 0 })
    },
    take({ state }, frame) {
      const { bytes } = frame
      state.counted++
      state.checksum += bytes.length + (bytes[0] ?? 0) + (bytes[bytes.length - 1] ?? 0)
      if (state.counted % state.step === 0) state.source?.tell.grant(state.step)
      if (state.counted === state.expected) state.gate.tell.report(state.counted, state.checksum)
    },
  },
})

interface SourceState {
  sink: ActorRef<FrameSinkProtocol> | undefined
  template: Uint8Array
  next: number
  count: number
  credit: number
  isGoingOn: boolean
}

const resting = (): SourceState => {
  return { sink: undefined, template: new Uint8Array(0), next: 0, count: 0, credit: 0, isGoingOn: false }
}

/** Fills frames with what a producer would have, and sends them as long as it has credit. */
export const FrameSource = implement<FrameSourceProtocol>()({
  name: 'FrameSource',
  module: import.meta.url,
  start: resting,
  on: {
    send(self, sink, count, bytes, window) {
      const template = new Uint8Array(bytes).fill(7)
      Object.assign(self.state, { sink, template, next: 0, count, credit: window })
      pump(self)
    },
    grant(self, frames) {
      self.state.credit += frames
      pump(self)
    },
    goOn(self) {
      self.state.isGoingOn = false
      pump(self)
    },
  },
})

function pump(self: Self<SourceState, FrameSourceProtocol>): void {
  const { state } = self
  if (state.isGoingOn || state.sink === undefined) return
  const end = Math.min(state.count, state.next + Math.min(state.credit, BATCH))
  const from = state.next
  while (state.next < end && sendOne(self, state.sink)) state.next++
  state.credit -= state.next - from
  state.isGoingOn = state.next < state.count && state.credit > 0 && self.ref.tell.goOn() === 'accepted'
}

function sendOne(self: Self<SourceState, FrameSourceProtocol>, sink: ActorRef<FrameSinkProtocol>): boolean {
  const { template, next } = self.state
  const frame = self.frame(template.length)
  template[0] = next & 255
  frame.write(template)
  const result = sink.tell.take(frame)
  frame.release()
  return result === 'accepted'
}
