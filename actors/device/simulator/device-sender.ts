import type { SeededRandom } from 'troupe'
import { ChaosSchedule } from '../../chaos/chaos-schedule.ts'
import {
  type DeviceFrame,
  FRAME_ANNOUNCE,
  FRAME_RESPONSE,
  frameChecksum,
  pipePacket,
  type SyncRecord,
  syncPacket,
} from './device-packets.ts'
import type { SimulatedDevice } from './simulated-device.ts'

export interface SenderOutlet {
  /** Whole packets; not to be changed afterwards. */
  send(packet: Uint8Array): void
  /** Chaos ends the connection: in order, or by a reset. */
  cut(how: 'kick' | 'reset'): void
}

/** So much may be held by chaos for one device. Messages. */
const HELD_MAX = 512
const U16 = 0xffff
const SEED_END = 2 ** 32
/** Flipped in a checksum: neither of the bytes that delimit and escape comes of another by it. */
const CHECKSUM_FAULT = 0x55

type FrameContent = Pick<DeviceFrame, 'sequence' | 'command' | 'data'>

/** What a device sends: numbered, with the oddities of its firmware, and through its chaos. Pure: it is told the time. */
export class DeviceSender {
  /** When it last sent anything. */
  lastSentMs = 0
  readonly #device: SimulatedDevice
  readonly #outlet: SenderOutlet
  readonly #random: SeededRandom
  #chaos: ChaosSchedule | undefined
  /** Of the first packet of a burst, for the firmware that sends it with all of them. */
  #burstChecksum: number | undefined

  constructor(device: SimulatedDevice, outlet: SenderOutlet, random: SeededRandom) {
    this.#device = device
    this.#outlet = outlet
    this.#random = random
  }

  /** When chaos lets go of something; Infinity when it holds nothing. */
  get nextDueMs(): number {
    return this.#chaos?.nextDueMs ?? Number.POSITIVE_INFINITY
  }

  due(nowMs: number): void {
    this.#chaos?.deliverDue(nowMs, this.#deliver)
  }

  /** The login, which no chaos touches: its like is what TCP would send again. */
  sendPlain(packet: Uint8Array, nowMs: number): void {
    this.lastSentMs = nowMs
    this.#device.tally.sentPackets++
    this.#outlet.send(packet)
  }

  send(packet: Uint8Array, nowMs: number): void {
    const { tally, conduct } = this.#device
    const { hasNetworkChaos, network } = conduct.chaos
    this.lastSentMs = nowMs
    tally.sentPackets++
    if (!hasNetworkChaos && this.nextDueMs === Number.POSITIVE_INFINITY) return this.#outlet.send(packet)
    if (this.#chaos === undefined) {
      this.#chaos = new ChaosSchedule(network, { seed: this.#random.below(SEED_END), heldMessagesMax: HELD_MAX })
    } else if (this.#chaos.config !== network) this.#chaos.set(network)
    const answer = this.#chaos.offer(packet, nowMs, this.#deliver)
    if (answer === 'full') tally.overrunCount++
    else if (answer !== 'taken') this.#outlet.cut(answer)
  }

  /** An f9, in a 0x73 with the id of the asker. */
  answer(id: number, frame: FrameContent, nowMs: number): void {
    this.#pipe(id, { ...frame, direction: FRAME_RESPONSE }, nowMs)
  }

  /** An fa in a 0x73: what was asked for, and takes a while. */
  tell(id: number, frame: FrameContent, nowMs: number): void {
    this.#pipe(id, { ...frame, direction: FRAME_ANNOUNCE }, nowMs)
  }

  /** An fa in a 0x83, for everybody. */
  announce(frame: FrameContent & Pick<DeviceFrame, 'leadByte' | 'checksum'>, nowMs: number): void {
    const { deviceId, sequences } = this.#device
    const sequence = sequences.pipeSync
    sequences.pipeSync = (sequence + 1) & U16
    this.send(pipePacket(true, deviceId, sequence, this.#quirky({ ...frame, direction: FRAME_ANNOUNCE })), nowMs)
  }

  /** As `announce`, for the packets of the burst after a login. */
  announceInBurst(frame: FrameContent, nowMs: number): void {
    if (this.#device.firmware.hasStaleChecksums) this.#burstChecksum ??= frameChecksum(frame)
    const checksum = this.#burstChecksum
    this.announce({ ...frame, ...(checksum !== undefined && { checksum }) }, nowMs)
  }

  sync(records: readonly SyncRecord[], nowMs: number): void {
    const { deviceId, meshAddress, firmware } = this.#device
    this.send(syncPacket(deviceId, meshAddress, records, records.length > 0 ? firmware.trailingBytes : 0), nowMs)
  }

  /** The connection is gone. */
  close(): void {
    this.#chaos?.close()
  }

  #pipe(id: number, frame: DeviceFrame, nowMs: number): void {
    const { sequences } = this.#device
    const sequence = sequences.pipe
    sequences.pipe = (sequence + 1) & U16
    this.send(pipePacket(false, id, sequence, this.#quirky(frame)), nowMs)
  }

  #quirky(frame: DeviceFrame): DeviceFrame {
    const { firmware, conduct } = this.#device
    const { badChecksumRate } = conduct.chaos.faults
    const isBad = badChecksumRate > 0 && this.#random.next() < badChecksumRate
    const checksum = isBad ? frameChecksum(frame) ^ CHECKSUM_FAULT : frame.checksum
    return { ...frame, isEscaping: firmware.isEscaping, ...(checksum !== undefined && { checksum }) }
  }

  readonly #deliver = (packet: Uint8Array): boolean => {
    this.#outlet.send(packet)
    return true
  }
}
