import type { SeededRandom } from 'troupe'
import { DueQueue } from '../../clock/due-queue.ts'
import type { Pipe } from '../cync/packet.ts'
import { passthroughData, pipeReplyPacket } from './device-packets.ts'
import type { DeviceSender } from './device-sender.ts'
import { type CommandLatency, drawLatency } from './latency-profile.ts'
import type { MeshListener } from './mesh.ts'
import { meshPageData, reportOrder } from './mesh-pages.ts'
import { type MeshRequest, readMeshRequest } from './mesh-request.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** Answers that may wait to be given. More are left out, and counted. */
const WAITING_MAX = 512
/** Inner sequences that are remembered to tell a request that comes again. */
const REMEMBERED_MAX = 16
/** Records of one page of mesh states. */
const PAGE_RECORDS_MAX = 31
const STATUS_OK = 0
const STATUS_UNAUTHORISED = 5
const STATUS_OFFLINE = 0x0a
const RESULT_OK = 0
const RESULT_FAILED = 1
const LATE_REFUSAL_MIN_MS = 30_000
const LATE_REFUSAL_SPREAD_MS = 1_000
const OPCODE_QUERY = 0xea
const TAG_VERSION = 0x85
const TAG_MODE = 0x81
const MODE_TEXT = 'P'

/** What the session does about a command that has changed lamps: announces them after so long. */
export type OnChanged = (addresses: readonly number[], delayMs: number, nowMs: number) => void

/**
 * How a device answers requests: 7b and f9, or what chaos makes of them, each when its latency is over. Pure: it is told the time.
 */
export class CommandAnswers {
  /** Inner sequence of the last request: announcements repeat it. */
  lastSequence = 0
  readonly #device: SimulatedDevice
  readonly #sender: DeviceSender
  readonly #random: SeededRandom
  readonly #onChanged: OnChanged
  /** Told to the mesh, so that this device is not told of its own changes. */
  readonly #ear: MeshListener
  #waiting: DueQueue<(nowMs: number) => void> | undefined
  #remembered: number[] | undefined
  /** Numbers of announcements that answer something. */
  #noticeNumber = 0

  constructor(
    device: SimulatedDevice,
    sender: DeviceSender,
    random: SeededRandom,
    ear: MeshListener,
    onChanged: OnChanged,
  ) {
    this.#device = device
    this.#sender = sender
    this.#random = random
    this.#ear = ear
    this.#onChanged = onChanged
  }

  get nextDueMs(): number {
    return this.#waiting?.nextMs ?? Number.POSITIVE_INFINITY
  }

  due(nowMs: number): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    while (waiting.nextMs <= nowMs) waiting.removeFirst()?.(nowMs)
    if (waiting.count === 0) this.#waiting = undefined
  }

  /** One request frame. */
  request(pipe: Pipe, nowMs: number): void {
    const { tally, conduct } = this.#device
    const { id, sequence, frame } = pipe
    const { faults } = conduct.chaos
    tally.commandCount++
    if (this.#isRepeated(frame.sequence)) tally.duplicateCount++
    this.lastSequence = frame.sequence
    const latency = this.#latency()
    const asked = { id, sequence: frame.sequence, command: frame.command }
    if (this.#happens(faults.refusedRate)) {
      return this.#later(latency.replyMs, nowMs, (now) => this.#reply(id, sequence, STATUS_UNAUTHORISED, true, now))
    }
    if (!this.#happens(faults.lostReplyRate)) {
      this.#later(latency.replyMs, nowMs, (now) => this.#reply(id, sequence, STATUS_OK, false, now))
    }
    if (this.#happens(faults.lateRefusalRate)) {
      const lateMs = LATE_REFUSAL_MIN_MS + this.#random.next() * LATE_REFUSAL_SPREAD_MS
      this.#later(lateMs, nowMs, (now) => this.#reply(id, sequence, STATUS_OFFLINE, true, now))
    }
    this.#serve(readMeshRequest(frame.command, frame.data), asked, latency, nowMs)
  }

  /** Something that is answered once, after the latency of a reply. */
  afterReply(nowMs: number, answer: (nowMs: number) => void): void {
    this.#later(drawLatency(this.#device.conduct.latency, this.#random).replyMs, nowMs, answer)
  }

  #serve(request: MeshRequest, asked: Asked, latency: CommandLatency, nowMs: number): void {
    const { faults } = this.#device.conduct.chaos
    const isFailing = request.kind === 'invalid' || this.#happens(faults.failedResultRate)
    if (!this.#happens(faults.lostResultRate)) {
      const result = isFailing ? RESULT_FAILED : RESULT_OK
      this.#later(latency.resultMs, nowMs, (now) => this.#answer(request, asked, result, now))
    }
    if (isFailing || request.kind !== 'change') return
    const addresses = this.#device.mesh.change(request.destination, request.change, this.#ear)
    if (addresses.length > 0) this.#onChanged(addresses, latency.stateMs, nowMs)
  }

  #answer(request: MeshRequest, asked: Asked, result: number, nowMs: number): void {
    const { firmware } = this.#device
    const isStates = request.kind === 'states' && result === RESULT_OK
    if (!isStates || firmware.answersStatesShortly) {
      this.#sender.answer(asked.id, { ...asked, data: Uint8Array.of(result) }, nowMs)
    }
    if (isStates) this.#sendPages(asked, nowMs)
    else if (request.kind === 'passthrough' && result === RESULT_OK) this.#sendNotice(request, asked, nowMs)
  }

  #sendPages(asked: Asked, nowMs: number): void {
    const { mesh, meshAddress, firmware } = this.#device
    const order = reportOrder(mesh, meshAddress)
    for (let offset = 0; offset < order.length; offset += PAGE_RECORDS_MAX) {
      const data = meshPageData(mesh, order, offset, PAGE_RECORDS_MAX, firmware.typeCode)
      this.#sender.answer(asked.id, { ...asked, data }, nowMs)
    }
  }

  #sendNotice({ opcode, query }: MeshRequest & { kind: 'passthrough' }, asked: Asked, nowMs: number): void {
    const { meshAddress, firmwareVersion } = this.#device
    const isVersion = opcode === OPCODE_QUERY && query !== 1
    const [tag, text] = isVersion ? [TAG_VERSION, firmwareVersion] : [TAG_MODE, MODE_TEXT]
    const data = passthroughData(++this.#noticeNumber, meshAddress, meshAddress, tag, text)
    this.#sender.tell(asked.id, { ...asked, data }, nowMs)
  }

  #reply(id: number, sequence: number, status: number, isServer: boolean, nowMs: number): void {
    this.#sender.send(pipeReplyPacket(id, sequence, status, isServer), nowMs)
  }

  #latency(): CommandLatency {
    const { conduct } = this.#device
    const latency = drawLatency(conduct.latency, this.#random)
    if (!this.#happens(conduct.chaos.faults.earlyResultRate)) return latency
    const { replyMs, resultMs } = latency
    // One more millisecond, for where there is no latency at all.
    return { ...latency, replyMs: Math.max(replyMs, resultMs) + 1, resultMs: Math.min(replyMs, resultMs) }
  }

  #later(delayMs: number, nowMs: number, answer: (nowMs: number) => void): void {
    if (delayMs <= 0 && this.nextDueMs > nowMs) return answer(nowMs)
    this.#waiting ??= new DueQueue()
    if (this.#waiting.count < WAITING_MAX) this.#waiting.add(nowMs + delayMs, answer)
    else this.#device.tally.overrunCount++
  }

  #isRepeated(sequence: number): boolean {
    const remembered = (this.#remembered ??= [])
    if (remembered.includes(sequence)) return true
    if (remembered.push(sequence) > REMEMBERED_MAX) remembered.shift()
    return false
  }

  /** Draws only where there is a chance, so that what a device does without faults stays the same. */
  #happens(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate
  }
}

/** Whom an answer is for. */
interface Asked {
  readonly id: number
  readonly sequence: number
  readonly command: number
}
