import { SeededRandom } from 'troupe'
import type { CyncPacket, Pipe } from '../cync/packet.ts'
import { CommandAnswers } from './command-answers.ts'
import { loginPacket, pingPacket, probeReplyPacket, timeRequestPacket } from './device-packets.ts'
import { DeviceSender } from './device-sender.ts'
import type { LampChange } from './lamp.ts'
import type { MeshListener } from './mesh.ts'
import type { SimulatedDevice } from './simulated-device.ts'
import { StateAnnouncer } from './state-announcer.ts'

/**
 * Why a device gave its connection up. `kicked`: the server said goodbye (e0). `login-refused`: a 28 with another status than 0.
 * `not-accepted`: no 28 in 14.75 s. `silent-server`: three pings without an answer. `chaos`: its own chaos.
 */
export type DeviceEnding = 'kicked' | 'login-refused' | 'not-accepted' | 'silent-server' | 'chaos'

/** What a session does, and to whom it tells how it is. */
export interface DeviceOutlet {
  send(packet: Uint8Array): void
  /** The login was accepted. */
  online(): void
  /** A ping has had no answer for ten seconds; or there was an answer after all. */
  quiet(isQuiet: boolean): void
  /** From now on nothing is read. */
  deafen(): void
  /** The connection is to be closed, at once or in order; nothing is sent any more. */
  end(ending: DeviceEnding, isAtOnce: boolean): void
}

/** What real ones wait for the answer to their login. Milliseconds. */
export const LOGIN_TIMEOUT_MS = 14_750
/** A ping comes after a third of the keep-alive, and up to so much later. Milliseconds. */
const PING_SPREAD_MS = 2_000
const PINGS_PER_KEEP_ALIVE = 3
const PINGS_UNANSWERED_MAX = 3
/** A ping without an answer for so long: the server is quiet. Milliseconds. */
export const QUIET_AFTER_MS = 10_000
/** Another controller's change is told after so long. Milliseconds. */
const HEARD_MIN_MS = 300
const HEARD_SPREAD_MS = 500

/**
 * One connection of a simulated device, from its first byte to its last: a pure state machine, told what came and what time it is.
 *
 *     login --28 with 0--> online --e0, silence, chaos--> ended
 *       `-- refused, or no 28 in 14.75 s ------------------^
 *
 * It sends its burst without waiting for the answer to its login, and it sends nothing twice: reliability is the other side's.
 */
export class DeviceSession {
  readonly #device: SimulatedDevice
  readonly #outlet: DeviceOutlet
  readonly #random: SeededRandom
  readonly #sender: DeviceSender
  readonly #answers: CommandAnswers
  readonly #announcer: StateAnnouncer
  readonly #ear: MeshListener
  readonly #pingAfterMs: number
  #phase: 'login' | 'online' | 'ended' = 'login'
  #loginDueMs = 0
  #pingsUnanswered = 0
  #pingSentMs = 0
  #isQuiet = false
  /**
   * @param seed of all that is left to chance on this connection
   * @param ear what listens to the mesh for this device: it is not told of the device's own changes
   */
  constructor(device: SimulatedDevice, outlet: DeviceOutlet, seed: number, ear: MeshListener = () => {}) {
    this.#device = device
    this.#ear = ear
    this.#outlet = outlet
    this.#random = new SeededRandom(seed)
    const cut = (how: 'kick' | 'reset'): void => this.#end('chaos', how === 'reset')
    const send = (packet: Uint8Array): void => {
      if (this.#phase !== 'ended') outlet.send(packet)
    }
    this.#sender = new DeviceSender(device, { send, cut }, this.#random)
    this.#answers = new CommandAnswers(device, this.#sender, this.#random, ear, this.#onChanged)
    this.#announcer = new StateAnnouncer(device, this.#sender, () => this.#answers.lastSequence)
    this.#pingAfterMs = (device.keepAliveSeconds * 1_000) / PINGS_PER_KEEP_ALIVE + this.#random.next() * PING_SPREAD_MS
  }

  get phase(): 'login' | 'online' | 'ended' {
    return this.#phase
  }

  /** When `due` is to be called next. */
  get nextDueMs(): number {
    if (this.#phase === 'ended') return Number.POSITIVE_INFINITY
    const own = Math.min(this.#announcer.nextDueMs, this.#sender.nextDueMs, this.#answers.nextDueMs)
    return Math.min(own, this.#phase === 'login' ? this.#loginDueMs : this.#nextPingMs)
  }

  /** The connection is there: logs in and says what there is to say, without waiting for an answer. */
  opened(nowMs: number): void {
    const { deviceId, auth, keepAliveSeconds, conduct } = this.#device
    const { earlySyncRate, deafRate } = conduct.chaos.faults
    if (this.#happens(deafRate)) this.#outlet.deafen()
    const isEarly = this.#happens(earlySyncRate)
    if (isEarly) this.#announcer.syncSelf(nowMs)
    this.#loginDueMs = nowMs + LOGIN_TIMEOUT_MS
    this.#sender.sendPlain(loginPacket(deviceId, auth, keepAliveSeconds), nowMs)
    if (!isEarly) this.#announcer.syncSelf(nowMs)
    this.#announcer.burst(nowMs)
    this.#send(timeRequestPacket, nowMs)
  }

  /** One packet of the server. Its views are not kept. */
  received(packet: CyncPacket, nowMs: number): void {
    if (this.#phase === 'ended') return
    const { tally } = this.#device
    tally.receivedPackets++
    switch (packet.type) {
      case 'device-login-reply':
        return this.#loggedIn(packet.status, nowMs)
      case 'pong':
        return this.#ponged()
      case 'pipe':
        return this.#piped(packet, nowMs)
      case 'probe': {
        const { id, sequence } = packet
        return this.#answers.afterReply(nowMs, (now) => this.#send(probeReplyPacket(id, sequence), now))
      }
      case 'sync-reply':
      case 'pipe-sync-reply':
        if (packet.status !== 0) tally.refusedPackets++
        return
      case 'disconnect':
        return this.#end('kicked', true)
      case 'time':
      case 'pipe-reply':
        return
      default:
        tally.garbagePackets++
    }
  }

  /** Another controller, or a hand, has changed lamps of the mesh. */
  heard(addresses: readonly number[], nowMs: number): void {
    if (this.#phase === 'ended') return
    const isInstant = this.#device.conduct.latency === 'instant'
    const delayMs = isInstant ? 0 : HEARD_MIN_MS + this.#random.next() * HEARD_SPREAD_MS
    this.#announcer.announce(addresses, delayMs, nowMs)
  }

  /** Somebody pressed a button: the lamp changes and everybody is told. Answers the addresses that are meant. */
  press(destination: number, change: LampChange, nowMs: number): readonly number[] {
    const addresses = this.#device.mesh.change(destination, change, this.#ear)
    if (this.#phase !== 'ended' && addresses.length > 0) this.#announcer.announce(addresses, 0, nowMs)
    return addresses
  }

  /** Does what is due. */
  due(nowMs: number): void {
    if (this.#phase === 'ended') return
    if (this.#phase === 'login' && nowMs >= this.#loginDueMs) return this.#end('not-accepted', true)
    this.#answers.due(nowMs)
    this.#announcer.due(nowMs)
    if (this.#phase === 'online') this.#pingDue(nowMs)
    this.#sender.due(nowMs)
  }

  /** The connection is gone. */
  closed(): void {
    this.#phase = 'ended'
    this.#sender.close()
  }

  #loggedIn(status: number, nowMs: number): void {
    if (this.#phase !== 'login') return
    if (status !== 0) return this.#end('login-refused', true)
    this.#phase = 'online'
    this.#device.tally.loginCount++
    this.#pingSentMs = nowMs
    this.#outlet.online()
  }

  #piped(pipe: Pipe, nowMs: number): void {
    if (pipe.frame.direction === 'request') this.#answers.request(pipe, nowMs)
    else this.#device.tally.garbagePackets++
  }

  readonly #onChanged = (addresses: readonly number[], delayMs: number, nowMs: number): void => {
    const { lostStateRate, staleStateRate } = this.#device.conduct.chaos.faults
    if (this.#happens(lostStateRate)) return
    if (this.#happens(staleStateRate)) this.#announcer.syncSoon(addresses, false, nowMs)
    else this.#announcer.announce(addresses, delayMs, nowMs)
  }

  get #nextPingMs(): number {
    const pingMs = this.#sender.lastSentMs + this.#pingAfterMs
    if (this.#pingsUnanswered === 0 || this.#isQuiet) return pingMs
    return Math.min(pingMs, this.#pingSentMs + QUIET_AFTER_MS)
  }

  #pingDue(nowMs: number): void {
    if (this.#pingsUnanswered > 0 && !this.#isQuiet && nowMs >= this.#pingSentMs + QUIET_AFTER_MS) {
      this.#isQuiet = true
      this.#outlet.quiet(true)
    }
    if (nowMs < this.#sender.lastSentMs + this.#pingAfterMs) return
    if (this.#pingsUnanswered >= PINGS_UNANSWERED_MAX) return this.#end('silent-server', true)
    if (this.#pingsUnanswered++ === 0) this.#pingSentMs = nowMs
    this.#device.tally.pingCount++
    this.#send(pingPacket, nowMs)
  }

  #ponged(): void {
    this.#pingsUnanswered = 0
    if (!this.#isQuiet) return
    this.#isQuiet = false
    this.#outlet.quiet(false)
  }

  #send(packet: Uint8Array, nowMs: number): void {
    if (this.#phase !== 'ended') this.#sender.send(packet, nowMs)
  }

  #end(ending: DeviceEnding, isAtOnce: boolean): void {
    if (this.#phase === 'ended') return
    this.closed()
    this.#outlet.end(ending, isAtOnce)
  }

  /** Draws only where there is a chance. */
  #happens(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate
  }
}
