import type { CyncFrame } from '../cync/frame.ts'
import { cyncFrame } from '../cync/frame-codec.ts'
import type { CyncPacket, DeviceLogin, Pipe, PipeReply, Sync } from '../cync/packet.ts'
import type { DeviceReport } from './device-report.ts'
import { eachReport } from './frame-reports.ts'
import { SeenSequences } from './seen-sequences.ts'
import { SentAttempts } from './sent-attempts.ts'
import type { SessionEnd, SessionOptions, SessionOutput } from './session-ports.ts'
import type { SessionTotals } from './session-totals.ts'

/** Status codes of the protocol. */
export const OK = 0
const WRONG_KEY = 2
const NOT_LOGGED_IN = 3
const UNAUTHORIZED = 5
const LOGGED_IN_ELSEWHERE = 3
/** What a keep-alive period is multiplied with to call its end silence: a device pings three times within one. */
const KEEP_ALIVES = 1.5
const SILENCE_MIN_MS = 5_000
/** The one firmware whose checksums are wrong and whose data are not numbers its frames so. */
const KNOWN_SEQUENCE = 0x1122
const MESH_ADDRESS_MAX = 0xff
const nothing = new Uint8Array(0)
/** Of a plug with two outlets. */
const colorless = { colorMode: 0xff, rgb: [0, 0, 0], isOnline: true } as const

/** Anything that only who is logged in may send. */
type Business = Extract<CyncPacket, { type: 'sync' | 'pipe' | 'pipe-sync' | 'pipe-reply' | 'probe-reply' }>

/**
 * One connected controller as the server sees it. Is told what arrived and what time it is, and says what to send:
 *
 *     new --login, authorized--> online --0.5 s--> probed
 *      |                           |
 *      `--refused, no login--.     `--silent, replaced, leaves--> ended
 *                             `---------------------------------^
 *
 * Every request is acknowledged, a duplicate again; no answer is ever answered.
 */
export class ControllerSession {
  /** Of the login; 0 before. */
  deviceId = 0
  /** Own mesh address of the controller; 0 as long as it has not said. */
  address = 0
  readonly #options: SessionOptions
  readonly #output: SessionOutput
  readonly #totals: SessionTotals
  readonly #firstOuter: number
  #state: 'new' | 'online' | 'ended' = 'new'
  #lastHeardMs: number
  #silenceMs: number
  #probeDueMs = Number.POSITIVE_INFINITY
  /** Made when they are needed: most controllers are quiet most of the time. */
  #seen: SeenSequences | undefined
  #sent: SentAttempts | undefined

  /** @param firstOuter the first outer sequence that it uses; any */
  constructor(
    options: SessionOptions,
    output: SessionOutput,
    totals: SessionTotals,
    nowMs: number,
    firstOuter: number,
  ) {
    this.#options = options
    this.#output = output
    this.#totals = totals
    this.#firstOuter = firstOuter
    this.#lastHeardMs = nowMs
    this.#silenceMs = options.loginTimeoutMs
  }

  get isOnline(): boolean {
    return this.#state === 'online'
  }

  /** When `tick` is to be called next, at the latest. */
  get dueMs(): number {
    if (this.#state === 'ended') return Number.POSITIVE_INFINITY
    return Math.min(this.#probeDueMs, this.#lastHeardMs + this.#silenceMs)
  }

  receive(packet: CyncPacket, nowMs: number): void {
    if (this.#state === 'ended') return
    const { received } = this.#totals
    received[packet.type] = (received[packet.type] ?? 0) + 1
    if (this.#state === 'online') this.#lastHeardMs = nowMs // who has not logged in must not put it off by talking
    switch (packet.type) {
      case 'device-login':
        return this.#login(packet, nowMs)
      case 'app-login': {
        this.#output.send({ type: 'app-login-reply', status: UNAUTHORIZED, reserved: 0 })
        return this.#end('refused')
      }
      case 'ping':
        return void this.#output.send({ type: 'pong' })
      case 'time-request':
        return void this.#output.send(this.#output.localTime())
      case 'disconnect':
        return this.#end('left')
      case 'sync':
      case 'pipe':
      case 'pipe-sync':
      case 'pipe-reply':
      case 'probe-reply':
        return this.#state === 'online' ? this.#business(packet, nowMs) : this.#tooEarly(packet)
      default: // counted
    }
  }

  /**
   * Sends one attempt at a command. Answers false where it did not go out: nothing is pending then.
   * @param inner of this attempt alone, u32
   */
  sendFrame(inner: number, command: number, data: Uint8Array, nowMs: number): boolean {
    if (this.#state !== 'online') return false
    this.#sent ??= new SentAttempts(this.#firstOuter)
    const attempt = this.#sent.add(inner, command, nowMs)
    const frame = cyncFrame('request', inner, command, data)
    const isSent = this.#output.send({ type: 'pipe', id: this.deviceId, sequence: attempt.outer, flag: 0, frame })
    if (!isSent) attempt.endedMs = nowMs
    return isSent
  }

  /** The same controller has logged in over another connection. */
  replace(): void {
    if (this.#state === 'ended') return
    this.#output.send({ type: 'disconnect', from: 'server', reason: LOGGED_IN_ELSEWHERE })
    this.#totals.replaced++
    this.#end('replaced')
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    if (this.#state === 'ended') return
    if (nowMs >= this.#lastHeardMs + this.#silenceMs) {
      this.#totals.silent++
      return this.#end(this.#state === 'new' ? 'no-login' : 'silent')
    }
    if (nowMs < this.#probeDueMs) return
    this.#probeDueMs = Number.POSITIVE_INFINITY
    this.#sent ??= new SentAttempts(this.#firstOuter)
    const { outer } = this.#sent.add(0, 0, nowMs)
    this.#output.send({ type: 'probe', id: this.deviceId, sequence: outer, flags: 0, trailing: nothing })
  }

  #login(login: DeviceLogin, nowMs: number): void {
    const { deviceId, auth, keepAliveSeconds } = login
    const isAgain = this.#state === 'online' && deviceId === this.deviceId
    if (this.#options.isAuthorized?.(deviceId, auth) === false) {
      this.#totals.refusedLogins++
      this.#output.send({ type: 'device-login-reply', status: WRONG_KEY, reserved: 0 })
      return this.#end('refused')
    }
    this.#output.send({ type: 'device-login-reply', status: OK, reserved: 0 })
    if (isAgain) return
    if (this.#state === 'online') this.#forget()
    this.deviceId = deviceId
    this.#state = 'online'
    this.#lastHeardMs = nowMs
    const { silenceMs, probeAfterMs } = this.#options
    const kept = Math.max(SILENCE_MIN_MS, keepAliveSeconds * 1_000 * KEEP_ALIVES)
    this.#silenceMs = keepAliveSeconds === 0 ? silenceMs : Math.min(silenceMs, kept)
    this.#probeDueMs = nowMs + probeAfterMs
    this.#totals.logins++
    this.#output.loggedIn(login)
  }

  /** All that belongs to the controller that it was. */
  #forget(): void {
    this.#output.changed()
    this.address = 0
    this.#seen = undefined
    this.#sent = undefined
  }

  /** Real devices send a sync that had waited in front of their login. It is refused, the login is not. */
  #tooEarly(packet: Business): void {
    this.#totals.beforeLogin++
    const status = NOT_LOGGED_IN
    switch (packet.type) {
      case 'sync':
        return void this.#output.send({ type: 'sync-reply', messageId: packet.messageId, status })
      case 'pipe-sync':
        return void this.#output.send({ type: 'pipe-sync-reply', sequence: packet.sequence, status })
      case 'pipe': {
        const { id, sequence } = packet
        return void this.#output.send({ type: 'pipe-reply', origin: 'server', id, sequence, status })
      }
      default: // an answer is not answered
    }
  }

  #business(packet: Business, nowMs: number): void {
    switch (packet.type) {
      case 'sync':
        return this.#sync(packet)
      case 'pipe-sync':
        this.#output.send({ type: 'pipe-sync-reply', sequence: packet.sequence, status: OK })
        return this.#pipe(packet, nowMs)
      case 'pipe': {
        const { id, sequence } = packet
        this.#output.send({ type: 'pipe-reply', origin: 'peer', id, sequence, status: OK })
        return this.#pipe(packet, nowMs)
      }
      case 'pipe-reply':
        return this.#pipeReply(packet, nowMs)
      case 'probe-reply': {
        const probe = this.#sent?.byOuter(packet.sequence)
        if (probe === undefined || probe.inner !== 0) this.#totals.strayReplies++
        else if (probe.endedMs === undefined) probe.endedMs = nowMs
        else this.#totals.lateReplies++
      }
    }
  }

  #sync({ messageId, entries }: Sync): void {
    this.#output.send({ type: 'sync-reply', messageId, status: OK })
    for (const { record, outlets } of entries) {
      if (record !== undefined) {
        const { meshAddress, isOn, brightness, colorMode, rgb, isOnline, origin, reporterAddress } = record
        if (origin === 0 && reporterAddress === meshAddress) this.#addressed(meshAddress)
        this.#report({ address: meshAddress, isOn, brightness, colorMode, rgb, isOnline, source: 'sync' })
      } else if (outlets !== undefined) {
        const { meshAddress, isOn, outletMask } = outlets
        this.#report({ address: meshAddress, isOn, brightness: outletMask, ...colorless, source: 'sync' })
      }
    }
  }

  #pipe({ type, sequence, frame }: Pipe, nowMs: number): void {
    this.#seen ??= new SeenSequences()
    if (!frame.isChecksumGood) this.#totals.wrongChecksums++
    const isTrusted = this.#isTrusted(frame)
    // What is not believed is not remembered either: a good copy may follow.
    if (!isTrusted) return void this.#totals.distrustedFrames++
    if (this.#seen.hasSeen(type === 'pipe' ? 0 : 1, sequence, nowMs)) {
      this.#totals.duplicates++
      return this.#output.duplicate()
    }
    if (frame.direction === 'response') this.#response(frame, nowMs)
    const address = eachReport(frame, (report) => this.#report(report))
    if (address === 'malformed') this.#totals.malformedLists++
    else if (address !== undefined) this.#addressed(address)
  }

  #report(report: DeviceReport): void {
    if (isMeshAddress(report.address)) this.#output.report(report)
    else this.#totals.impossibleReports++
  }

  #addressed(address: number): void {
    if (address === this.address || !isMeshAddress(address)) return
    this.address = address
    this.#output.addressed(address)
  }

  #isTrusted({ isChecksumGood, direction, sequence }: CyncFrame): boolean {
    if (isChecksumGood) return true
    const { wrongChecksums } = this.#options
    if (wrongChecksums !== 'known-firmware') return wrongChecksums === 'accept'
    return direction === 'announce' && sequence >>> 16 === KNOWN_SEQUENCE
  }

  /** The mesh has answered: by that the controller had got it, whether its own answer has come or not. */
  #response({ sequence, command, data }: CyncFrame, nowMs: number): void {
    const attempt = this.#sent?.byInner(sequence, command)
    if (attempt === undefined || attempt.inner === 0) return void this.#totals.strayReplies++
    if (attempt.endedMs !== undefined) return // a list in several packets, or a second answer
    attempt.endedMs = nowMs
    // One byte is a result. Anything longer is what was asked for.
    this.#output.ended(sequence, { kind: 'result', result: data.length === 1 ? data[0]! : OK })
  }

  #pipeReply({ sequence, status }: PipeReply, nowMs: number): void {
    const attempt = this.#sent?.byOuter(sequence)
    if (attempt === undefined || attempt.inner === 0) return void this.#totals.strayReplies++
    // The first answer stands. A refusal that comes half a minute behind it says nothing.
    if (attempt.isAcked) return void this.#totals.lateReplies++
    attempt.isAcked = true
    if (attempt.endedMs !== undefined) return
    if (status === OK) return this.#output.acked(attempt.inner)
    attempt.endedMs = nowMs
    this.#output.ended(attempt.inner, { kind: 'refused', status })
  }

  #end(why: SessionEnd): void {
    this.#state = 'ended'
    this.#output.close(why)
  }
}

function isMeshAddress(address: number): boolean {
  return address >= 1 && address <= MESH_ADDRESS_MAX
}
