import type { CyncPacket, CyncPacketType } from '#actors/device/cync/packet'
import { type DecodedPacket, decodePacket } from '#actors/device/cync/packet-decoder'
import { DeviceConduct } from '#actors/device/simulator/device-conduct'
import type { DeviceChaos } from '#actors/device/simulator/device-faults'
import { type DeviceEnding, type DeviceOutlet, DeviceSession } from '#actors/device/simulator/device-session'
import { noDeviceTally } from '#actors/device/simulator/device-tally'
import { type FirmwareKind, firmwares } from '#actors/device/simulator/firmware'
import type { LatencyProfileName } from '#actors/device/simulator/latency-profile'
import { Mesh } from '#actors/device/simulator/mesh'
import type { SimulatedDevice } from '#actors/device/simulator/simulated-device'

export interface LoneOptions {
  readonly firmware?: FirmwareKind
  readonly profile?: LatencyProfileName
  readonly chaos?: DeviceChaos
  readonly mesh?: Mesh
  readonly meshAddress?: number
  readonly seed?: number
  readonly startMs?: number
  readonly device?: SimulatedDevice
}

export function deviceWith(options: LoneOptions = {}): SimulatedDevice {
  const { firmware = 'bulb', profile = 'instant', chaos, meshAddress = 1 } = options
  return {
    deviceId: 0x100 + meshAddress,
    auth: '0123456789abcdef',
    keepAliveSeconds: 60,
    meshAddress,
    mesh: options.mesh ?? new Mesh(3, new Map([[7, [2, 3]]])),
    sequences: { pipeSync: 1, pipe: 0 },
    conduct: new DeviceConduct(profile, chaos),
    tally: noDeviceTally(),
    firmware: firmwares[firmware],
    firmwareVersion: '10052',
  }
}

/** The packet that has this type, also where several types share it. */
export type PacketOf<T extends CyncPacketType, P extends CyncPacket = CyncPacket> = P extends CyncPacket
  ? T extends P['type']
    ? P
    : never
  : never

/** Something that a session has sent, and when. */
export interface Sent {
  readonly atMs: number
  readonly bytes: Uint8Array
  readonly decoded: DecodedPacket
}

/** A session on a clock of its own, with all that it does. */
export class LoneSession implements DeviceOutlet {
  readonly device: SimulatedDevice
  readonly session: DeviceSession
  readonly sent: Sent[] = []
  readonly told: string[] = []
  ending: DeviceEnding | undefined
  isDeaf = false
  nowMs: number

  constructor(options: LoneOptions = {}) {
    this.nowMs = options.startMs ?? 1_000
    this.device = options.device ?? deviceWith(options)
    const ear = (addresses: readonly number[]): void => this.session.heard(addresses, this.nowMs)
    this.session = new DeviceSession(this.device, this, options.seed ?? 1, ear)
    this.device.mesh.listen(ear)
    this.session.opened(this.nowMs)
  }

  send(bytes: Uint8Array): void {
    this.sent.push({ atMs: this.nowMs, bytes, decoded: decodePacket(bytes) })
  }

  online(): void {
    this.told.push('online')
  }

  quiet(isQuiet: boolean): void {
    this.told.push(isQuiet ? 'quiet' : 'not quiet')
  }

  deafen(): void {
    this.isDeaf = true
  }

  end(ending: DeviceEnding): void {
    this.ending = ending
  }

  receive(packet: CyncPacket): void {
    this.session.received(packet, this.nowMs)
  }

  accept(): this {
    this.receive({ type: 'device-login-reply', status: 0, reserved: 0 })
    return this
  }

  /** Goes on to a time; the session is called at each time that it has asked for. */
  goTo(toMs: number): void {
    for (let turns = 0; this.session.nextDueMs <= toMs; turns++) {
      if (turns > 100_000) throw new Error(`the session asks for ${this.session.nextDueMs} again and again`)
      this.nowMs = Math.max(this.nowMs, this.session.nextDueMs)
      this.session.due(this.nowMs)
    }
    this.nowMs = toMs
  }

  pass(ms: number): void {
    this.goTo(this.nowMs + ms)
  }

  request(inner: number, command: number, dataHex: string, outer = inner & 0xffff): void {
    this.receive(requestOf(inner, command, dataHex, outer))
  }

  /** What it has sent since the last call. */
  take(): CyncPacket[] {
    return this.sent.splice(0).map(({ decoded }) => decoded.packet)
  }

  of<T extends CyncPacketType>(type: T): PacketOf<T>[] {
    return this.sent
      .map(({ decoded }) => decoded.packet)
      .filter((packet): packet is PacketOf<T> & CyncPacket => packet.type === type)
  }
}

/** Who asks, as a server without homes has it. */
export const ASKER = 0x1bdcda3e

export function requestOf(inner: number, command: number, dataHex: string, outer: number): CyncPacket {
  return {
    type: 'pipe',
    id: ASKER,
    sequence: outer,
    flag: 0,
    frame: {
      sequence: inner,
      direction: 'request',
      directionByte: 0xf8,
      command,
      data: Uint8Array.from(Buffer.from(dataHex, 'hex')),
      checksum: 0,
      isChecksumGood: true,
      isStuffed: true,
      leadByte: 0x7e,
    },
  }
}

/** Data of "power" for a destination. */
export function power(destination: number, isOn: boolean): string {
  const [low, high] = [destination & 0xff, destination >> 8].map((byte) => byte.toString(16).padStart(2, '0'))
  return `0100000000${low}${high}d01102${isOn ? '01' : '00'}0000`
}
