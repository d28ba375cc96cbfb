import { connect, type Socket } from 'node:net'
import { type ActorRef, implement, SeededRandom, type Self, systemClock } from 'troupe'
import { ReconnectDelay } from '../connection/reconnect-delay.ts'
import { threadName } from '../connection/thread-name.ts'
import type { Door, GatewayProtocol } from '../gateway/gateway.actor.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { LinkIdentity } from '../ledger/link-report.ts'
import { LoopStream } from '../replay/loop-stream.ts'
import { loadRecordings } from '../replay/recording-file.ts'
import { ReplaySchedule, recordedPace, steadyPace } from '../replay/replay-schedule.ts'
import { Uplink } from './uplink.ts'

/** How often a device looks whether something is due: for each packet at a steady pace, within these bounds. Milliseconds. */
const TICK_MIN_MS = 20
const TICK_MAX_MS = 250
/** Recorded reads are sent at most so much late. Milliseconds. */
const RECORDED_TICK_MS = 50
const RECONNECT_MIN_MS = 50
const RECONNECT_MAX_MS = 2_000
/** How long a device may have been held up and still catch up with everything that was due meanwhile. Milliseconds. */
const CATCH_UP_MS = 1_000
/** Between two claims of a connection that the gateway has not heard of yet, and how often that is tried. */
const CLAIM_EVERY_MS = 10
const CLAIMS_MAX = 300
/** A gateway that does not answer the end of the stream for so long is given up. Milliseconds. */
const FINISH_MS = 4_000

export interface DeviceSettings {
  readonly name: string
  /** Which recording it plays: any whole number >= 0, taken modulo their count. */
  readonly recordingIndex: number
  readonly pace: 'steady' | 'recorded'
  /** Packets a second, for the steady pace. */
  readonly rate: number
  readonly seed: number
  /** How often it reports what it has sent. Milliseconds. */
  readonly reportEveryMs: number
  readonly gateway: ActorRef<GatewayProtocol>
  readonly auditor: ActorRef<AuditorProtocol>
}

export interface DeviceProtocol {
  connect(): void
  /** `attempt` tells the socket apart from earlier ones, also from those of an incarnation before. */
  connected(attempt: number): void
  closed(attempt: number): void
  tick(): void
  report(): void
  /** Sends no more, and resolves when the gateway has read everything. It does not connect again. */
  finish(): Promise<void>
  /** Throws: what a bug in here would do. */
  crash(reason: string): void
}

interface Attempt {
  readonly id: number
  readonly socket: Socket
  readonly door: Door
  claimCount: number
}

interface DeviceState {
  readonly settings: DeviceSettings
  readonly stream: LoopStream
  readonly delay: ReconnectDelay
  attempt: Attempt | undefined
  uplink: Uplink | undefined
}

type DeviceSelf = Self<DeviceState, DeviceProtocol>

/** A simulated device: a TCP client that sends what a real one sent, over and over, and connects again when it is cut off. */
export const Device = implement<DeviceProtocol>()({
  name: 'Device',
  module: import.meta.url,
  start: (self, settings: DeviceSettings): DeviceState => {
    const recordings = loadRecordings()
    const recording = recordings[settings.recordingIndex % recordings.length]!
    const random = new SeededRandom(settings.seed)
    const delay = new ReconnectDelay({ minMs: RECONNECT_MIN_MS, maxMs: RECONNECT_MAX_MS, random })
    self.timers.once('connect', delay.next(), 'connect')
    self.timers.every('tick', tickMs(settings), 'tick')
    self.timers.every('report', settings.reportEveryMs, 'report')
    return { settings, stream: new LoopStream(recording), delay, attempt: undefined, uplink: undefined }
  },
  on: {
    async connect(self) {
      const { gateway } = self.state.settings
      const door = await answerOf(self.ask(gateway).door())
      if (door === undefined) return connectLater(self)
      const { ref } = self
      const socket = connect({ host: door.host, port: door.port, noDelay: true })
      const id = systemClock.nowMs()
      self.state.attempt = { id, socket, door, claimCount: 0 }
      socket.on('connect', () => ref.tell.connected(id))
      socket.on('error', () => {}) // 'close' follows
      socket.on('close', () => ref.tell.closed(id))
      socket.resume()
    },
    async connected(self, id) {
      const { attempt, settings, stream } = self.state
      if (attempt?.id !== id || attempt.socket.localPort === undefined) return
      attempt.claimCount++
      const port = attempt.socket.localPort
      const { door } = attempt
      const claim = { door, port, device: settings.name, recordingId: stream.recording.id, deviceThread: threadName }
      const identity = await answerOf(self.ask(settings.gateway).claim(claim))
      if (identity !== undefined) openUplink(self, attempt, identity)
      else if (attempt.claimCount >= CLAIMS_MAX) attempt.socket.destroy()
      else self.timers.once('claim', CLAIM_EVERY_MS, 'connected', id)
    },
    closed(self, id) {
      if (self.state.attempt?.id !== id) return
      closeUplink(self, 'broken')
      connectLater(self)
    },
    tick: ({ state }) => state.uplink?.sendDue(systemClock.nowMs()),
    report: ({ state }) => {
      if (state.uplink !== undefined) state.settings.auditor.tell.report(state.uplink.report('open'))
    },
    async finish(self) {
      self.timers.cancel('connect')
      await endStream(self)
    },
    crash(_, reason) {
      throw new Error(reason)
    },
  },
  async stop(self, reason) {
    if (reason.kind === 'normal' || reason.kind === 'shutdown') return endStream(self)
    self.state.attempt?.socket.destroy()
    closeUplink(self, 'broken')
  },
})

function tickMs({ pace, rate }: DeviceSettings): number {
  return pace === 'recorded' ? RECORDED_TICK_MS : Math.min(Math.max(1_000 / rate, TICK_MIN_MS), TICK_MAX_MS)
}

/** The answer, or undefined when there will be none: the thread of the one who was asked may just have died. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch {
    return undefined
  }
}

function connectLater(self: DeviceSelf): void {
  self.timers.once('connect', self.state.delay.next(), 'connect')
}

function openUplink(self: DeviceSelf, { socket }: Attempt, identity: LinkIdentity): void {
  const { state } = self
  const { settings, stream, delay } = state
  const openedMs = systemClock.nowMs()
  const isSteady = settings.pace === 'steady'
  const pace = isSteady ? steadyPace(settings.rate) : recordedPace(stream.recording.reads)
  const burstMax = isSteady
    ? Math.max(1, Math.ceil((settings.rate * CATCH_UP_MS) / 1_000))
    : stream.recording.reads.length
  const schedule = new ReplaySchedule(pace, openedMs, burstMax)
  const unitsEnd = (count: number) => (isSteady ? stream.packetsEnd(count) : stream.readsEnd(count))
  state.uplink = new Uplink({ identity, socket, stream, schedule, unitsEnd, openedMs })
  delay.reset()
  // Before the first byte: the auditor must have heard of everybody who sends one.
  settings.auditor.tell.report(state.uplink.report('open'))
}

function closeUplink({ state }: DeviceSelf, endState: 'finished' | 'broken'): void {
  if (state.uplink !== undefined) state.settings.auditor.tell.report(state.uplink.report(endState))
  state.uplink = undefined
  state.attempt = undefined
}

/** Ends the stream and waits until the gateway has read it all and closed its side. */
async function endStream(self: DeviceSelf): Promise<void> {
  const { attempt, uplink } = self.state
  if (attempt === undefined) return
  const { socket } = attempt
  if (uplink === undefined || socket.destroyed) socket.destroy()
  else {
    socket.setTimeout(FINISH_MS, () => socket.destroy())
    const isClosed = new Promise((resolve) => socket.once('close', resolve))
    socket.end()
    await isClosed
  }
  const isComplete = socket.writableFinished && socket.readableEnded && socket.errored === null
  closeUplink(self, isComplete ? 'finished' : 'broken')
}
