import { type ActorRef, type Self, systemClock, systemRandom, UnreachableError } from 'troupe'
import { SystemClock } from '../../clock/system-clock.ts'
import { implementConnection, type LinkProtocol } from '../../connection/implement-connection.ts'
import type { Link } from '../../connection/link.ts'
import { threadName } from '../../connection/thread-name.ts'
import { CyncFraming } from '../cync/cync-framing.ts'
import type { CyncPacket } from '../cync/packet.ts'
import { decodePacket } from '../cync/packet-decoder.ts'
import { encodePacket } from '../cync/packet-encoder.ts'
import { type ControllerNews, NewsBuffer } from './controller-news.ts'
import { ControllerSession } from './controller-session.ts'
import type { Authorize, ResolvedGatewayOptions } from './gateway-options.ts'
import { localTime } from './local-time.ts'
import type { SessionEnd, SessionOptions, SessionOutput } from './session-ports.ts'
import { addTotals, newTotals, type SessionTotals, takeTotals } from './session-totals.ts'

/** What a connection tells its gateway. */
export interface ControllerKeeper {
  controllerLoggedIn(connection: ActorRef<ControllerProtocol>, deviceId: number, session: number, thread: string): void
  controllerNews(deviceId: number, session: number, news: ControllerNews): void
  controllerLeft(deviceId: number, session: number, why: SessionEnd | 'lost'): void
  /** What the connections of one thread have counted since they told it last. */
  sessionTotals(totals: SessionTotals): void
}

export interface ControllerProtocol {
  sendFrame(inner: number, code: number, data: Uint8Array): void
  /** The same controller is connected again. */
  replace(): void
  /** What all connections of this thread have counted since that was told last. */
  takeTotals(): SessionTotals
  /** Fails, for exercises. */
  crash(): void
  tick(): void
  tellNews(): void
}

/** What every connection of a gateway is given. */
export interface ControllerSetup {
  readonly gateway: ActorRef<ControllerKeeper>
  /** Of this life of the gateway: what is counted on a thread is counted for it. */
  readonly key: string
  readonly options: Pick<
    ResolvedGatewayOptions,
    'authorize' | 'timeZone' | 'probeAfterMs' | 'silenceMs' | 'loginTimeoutMs' | 'wrongChecksums'
  >
}

interface ControllerState {
  readonly setup: ControllerSetup
  readonly session: ControllerSession
  readonly output: LinkOutput
  readonly totals: ThreadTotals
}

type ControllerSelf = Self<ControllerState, ControllerProtocol & LinkProtocol>

/** Totals of the connections of one gateway on this thread, and when they were told. */
interface ThreadTotals {
  readonly counts: SessionTotals
  toldMs: number
  connections: number
}

const threadTotals = new Map<string, ThreadTotals>()
const TELL_TOTALS_MS = 1_000
const TELL_AGAIN_MS = 50
const SESSION_MAX = 2 ** 32
const wallClock = new SystemClock()

/** One connected controller. Its session decides; this carries out, and tells the gateway what it must know, once for each read. */
export const CyncController = implementConnection<ControllerProtocol>()({
  name: 'CyncController',
  module: import.meta.url,
  framing: ({ key }: ControllerSetup) => {
    const { counts } = totalsOf(key)
    return new CyncFraming({ onSkipped: (bytes) => void (counts.skippedBytes += bytes) })
  },
  start(self, link, setup: ControllerSetup): ControllerState {
    const { options, key } = setup
    const totals = totalsOf(key)
    totals.connections++
    const output = new LinkOutput(self, link, setup, totals.counts)
    const nowMs = systemClock.nowMs()
    const firstOuter = Math.floor(systemRandom.next() * 0x1_0000)
    const session = new ControllerSession(sessionOptions(options), output, totals.counts, nowMs, firstOuter)
    output.session = session
    self.timers.once('tick', options.loginTimeoutMs, 'tick')
    return { setup, session, output, totals }
  },
  frame({ state }, _link, bytes) {
    state.session.receive(decodePacket(bytes).packet, systemClock.nowMs())
  },
  batchEnd(self) {
    tellNews(self)
    tellTotals(self.state, TELL_TOTALS_MS)
  },
  ended: ({ state }, link) => {
    state.output.gone('left')
    link.end()
  },
  closed: ({ state }) => state.output.gone('lost'),
  on: {
    sendFrame(self, inner, code, data) {
      const { session, output } = self.state
      if (session.sendFrame(inner, code, data, systemClock.nowMs())) return
      // It is as good as refused: the gateway has others.
      output.ended(inner, { kind: 'refused', status: NOT_ONLINE })
      tellNews(self)
    },
    replace: ({ state }) => state.session.replace(),
    takeTotals: ({ state }) => takeTotals(state.totals.counts),
    crash() {
      throw new UnreachableError('connection-closed', 'the connection was to fail')
    },
    tick(self) {
      const { session, output } = self.state
      const nowMs = systemClock.nowMs()
      session.tick(nowMs)
      output.wakeAt(session.dueMs, nowMs)
    },
    tellNews,
  },
  stop({ state }) {
    const { totals, setup } = state
    state.output.gone('lost')
    totals.connections--
    if (totals.connections > 0) return
    tellTotals(state, 0)
    threadTotals.delete(setup.key)
  },
})

/** Device offline. */
const NOT_ONLINE = 10

function totalsOf(key: string): ThreadTotals {
  let totals = threadTotals.get(key)
  if (totals === undefined) {
    totals = { counts: newTotals(), toldMs: 0, connections: 0 }
    threadTotals.set(key, totals)
  }
  return totals
}

function tellTotals({ setup, totals }: ControllerState, everyMs: number): void {
  const nowMs = systemClock.nowMs()
  if (nowMs - totals.toldMs < everyMs) return
  totals.toldMs = nowMs
  const taken = takeTotals(totals.counts)
  if (setup.gateway.tell.sessionTotals(taken) !== 'accepted') addTotals(totals.counts, taken)
}

function tellNews(self: ControllerSelf): void {
  const { session, output, setup } = self.state
  if (output.news.isEmpty) return
  const told = setup.gateway.tell.controllerNews(session.deviceId, output.number, output.news.news)
  if (told === 'mailbox-full') self.timers.once('news', TELL_AGAIN_MS, 'tellNews')
  else output.news.clear()
}

function sessionOptions({ authorize, ...options }: ControllerSetup['options']): SessionOptions {
  return authorize === 'everyone'
    ? options
    : { ...options, isAuthorized: (id, code) => isAuthorized(authorize, id, code) }
}

function isAuthorized(authorize: Exclude<Authorize, 'everyone'>, deviceId: number, code: string): boolean {
  const wanted = Object.hasOwn(authorize, deviceId) ? authorize[deviceId] : undefined
  return wanted === true || (wanted !== undefined && wanted === code)
}

/** Carries out what the session says. */
class LinkOutput implements SessionOutput {
  readonly number = Math.floor(systemRandom.next() * SESSION_MAX)
  readonly news = new NewsBuffer()
  session: ControllerSession | undefined
  readonly #self: ControllerSelf
  readonly #link: Link
  readonly #setup: ControllerSetup
  readonly #totals: SessionTotals
  #isKnown = false

  constructor(self: unknown, link: Link, setup: ControllerSetup, totals: SessionTotals) {
    this.#self = self as ControllerSelf
    this.#link = link
    this.#setup = setup
    this.#totals = totals
  }

  send(packet: CyncPacket): boolean {
    const isTaken = this.#link.send(encodePacket(packet)) === 'accepted'
    if (isTaken) this.#totals.sent++
    else this.#totals.unsent++
    return isTaken
  }

  localTime(): ReturnType<typeof localTime> {
    return localTime(this.#setup.options.timeZone, wallClock.nowMs())
  }

  changed(): void {
    tellNews(this.#self)
    this.gone('changed-identity')
  }

  loggedIn(): void {
    const { gateway } = this.#setup
    const { ref } = this.#self
    this.#isKnown = true
    const { deviceId, dueMs } = this.session!
    const told = gateway.tell.controllerLoggedIn(ref as ActorRef<ControllerProtocol>, deviceId, this.number, threadName)
    // Without its gateway it is nothing; the device comes again.
    if (told !== 'accepted') return this.#link.destroy()
    this.wakeAt(dueMs, systemClock.nowMs())
  }

  report(report: Parameters<SessionOutput['report']>[0]): void {
    this.news.report(report)
  }

  addressed(address: number): void {
    this.news.addressed(address)
  }

  duplicate(): void {
    this.news.duplicate()
  }

  acked(inner: number): void {
    this.news.acked(inner)
  }

  ended(...[inner, end]: Parameters<SessionOutput['ended']>): void {
    this.news.ended(inner, end)
  }

  close(why: SessionEnd): void {
    this.gone(why)
    if (why === 'silent' || why === 'no-login') this.#link.destroy()
    else this.#link.end()
  }

  /** The gateway is told once. */
  gone(why: SessionEnd | 'lost'): void {
    if (!this.#isKnown) return
    this.#isKnown = false
    this.#setup.gateway.tell.controllerLeft(this.session!.deviceId, this.number, why)
  }

  wakeAt(dueMs: number, nowMs: number): void {
    if (dueMs !== Number.POSITIVE_INFINITY) this.#self.timers.once('tick', Math.max(1, dueMs - nowMs), 'tick')
  }
}
