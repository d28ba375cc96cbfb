import { systemClock, type TimerHandle } from 'troupe'
import type { Framing } from '../connection/framing.ts'
import type { Link } from '../connection/link.ts'
import type { ResolvedChaosConfig } from './chaos-config.ts'
import type { ChaosCounts } from './chaos-counts.ts'
import { ChaosSchedule, type ChaosScheduleOptions } from './chaos-schedule.ts'

/** What a lane wants of the two connections. */
export interface LaneEvents {
  reset(): void
  kick(): void
}

/**
 * One direction between two connections: messages go through a schedule, and out when they are due and the target has room. While too much is
 * held, the source is not read.
 */
export class ChaosLane {
  readonly #schedule: ChaosSchedule
  readonly #framing: Framing
  readonly #isRaw: boolean
  readonly #events: LaneEvents
  #source: Link | undefined
  #target: Link | undefined
  /** Of a read under way when there was no room any more. */
  #backlog: Uint8Array[] = []
  #backlogBytes = 0
  #timer: TimerHandle | undefined
  #timerMs = Number.POSITIVE_INFINITY
  /** What goes out byte by byte, and how far it is. */
  #dribble: Uint8Array | undefined
  #dribbleAt = 0
  /** The target had no room, or none was there: it says when. */
  #isBlocked = false
  #hasSourceEnded = false
  #isClosed = false

  constructor(
    config: ResolvedChaosConfig,
    options: ChaosScheduleOptions,
    framing: Framing,
    isRaw: boolean,
    events: LaneEvents,
  ) {
    this.#schedule = new ChaosSchedule(config, options)
    this.#framing = framing
    this.#isRaw = isRaw
    this.#events = events
  }

  get counts(): Readonly<ChaosCounts> {
    return this.#schedule.counts
  }

  get heldMessages(): number {
    return this.#schedule.heldMessages + this.#backlog.length
  }

  get heldBytes(): number {
    return this.#schedule.heldBytes + this.#backlogBytes
  }

  from(source: Link): void {
    this.#source = source
  }

  to(target: Link): void {
    this.#target = target
    target.onRoom = () => this.pump()
    this.pump()
  }

  set(config: ResolvedChaosConfig): void {
    this.#schedule.set(config)
    this.pump()
  }

  /** A message of the source; valid during the call. */
  take(message: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#backlog.length === 0 && this.#offer(message)) return this.#arm()
    this.#backlog.push(new Uint8Array(message))
    this.#backlogBytes += message.length
    this.#source?.pause()
  }

  /** The source says no more: the target is told behind all that is held. */
  end(): void {
    this.#hasSourceEnded = true
    this.pump()
  }

  /** The source says no more, and the target shall not know. */
  fallSilent(): void {
    this.#hasSourceEnded = false
    this.#source = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#schedule.close()
    this.#backlog = []
    this.#backlogBytes = 0
    this.#dribble = undefined
  }

  /** Does what can be done now. */
  pump(): void {
    if (this.#isClosed) return
    this.#isBlocked = false
    if (!this.#isHeldUp) this.#schedule.deliverDue(systemClock.nowMs(), this.#deliver)
    this.#drain()
    if (this.#isClosed) return
    this.#arm()
    const isEmpty = this.heldMessages === 0 && this.#dribble === undefined
    if (this.#hasSourceEnded && isEmpty) this.#target?.end()
  }

  /** A stream in a partition stands still. */
  get #isHeldUp(): boolean {
    return this.#isRaw && this.#schedule.isPartitioned
  }

  #drain(): void {
    let done = 0
    while (done < this.#backlog.length && !this.#isClosed && this.#offer(this.#backlog[done]!)) {
      this.#backlogBytes -= this.#backlog[done++]!.length
    }
    if (done === 0 || this.#isClosed) return
    this.#backlog.splice(0, done)
    if (this.#backlog.length === 0) this.#source?.resume()
  }

  /** False where there is no room. */
  #offer(message: Uint8Array): boolean {
    if (this.#isHeldUp) return false
    const answer = this.#schedule.offer(message, systemClock.nowMs(), this.#deliver)
    if (answer === 'reset') this.#events.reset()
    else if (answer === 'kick') this.#events.kick()
    return answer !== 'full'
  }

  /** False while the target has no room, is not there yet, or is still being sent single bytes. */
  readonly #deliver = (message: Uint8Array): boolean => {
    const target = this.#target
    // Nobody is there any more: as a network, it does not know.
    if (target?.isOpen === false) return true
    if (target === undefined || this.#dribble !== undefined || !target.hasRoom(message.length)) {
      this.#isBlocked = true
      return false
    }
    const bytes = this.#framed(message)
    if (this.#schedule.config.oneByteReads) this.#startDribble(bytes)
    else target.sendFramed(bytes)
    return true
  }

  /** Framed by hand: what was changed may be no message that the framing would take. */
  #framed(message: Uint8Array): Uint8Array {
    const { suffix } = this.#framing
    const prefixBytes = this.#framing.prefixBytes(message.length)
    const bytes = new Uint8Array(prefixBytes + message.length + suffix.length)
    const start = this.#framing.writePrefix(bytes, 0, message.length)
    bytes.set(message, start)
    bytes.set(suffix, start + message.length)
    return bytes
  }

  #startDribble(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#dribble = bytes
    this.#dribbleAt = 0
    this.#dribbleOn()
  }

  /** One byte a turn of the event loop: each is a write of its own, and mostly a read. */
  #dribbleOn(): void {
    const bytes = this.#dribble
    if (bytes === undefined) return
    this.#target?.sendFramed(bytes.subarray(this.#dribbleAt, ++this.#dribbleAt))
    if (this.#dribbleAt < bytes.length) return void setImmediate(() => this.#dribbleOn())
    setImmediate(() => {
      this.#dribble = undefined
      this.pump()
    })
  }

  /** Wakes when the next is due, unless it waits for something else. */
  #arm(): void {
    const nextMs = this.#isBlocked || this.#isHeldUp ? Number.POSITIVE_INFINITY : this.#schedule.nextDueMs
    if (nextMs === this.#timerMs) return
    this.#timer?.cancel()
    this.#timerMs = nextMs
    if (nextMs === Number.POSITIVE_INFINITY) return
    this.#timer = systemClock.schedule(Math.max(0, nextMs - systemClock.nowMs()), () => {
      this.#timerMs = Number.POSITIVE_INFINITY
      this.pump()
    })
  }
}
