import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { encodeState } from '#actors/device/cync/announcement'
import { decodeCommand, MESH_QUERY } from '#actors/device/cync/command-codec'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { cyncFrame } from '#actors/device/cync/frame-codec'
import { encodeMeshPage } from '#actors/device/cync/mesh-page'
import type { CyncPacket, Pipe } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { decodeRelay } from '#actors/device/cync/relay'
import { until } from '../../../support/until.ts'

/** What a controller does about a request: nothing is answered but by this. */
export type OnRequest = (request: Pipe, controller: RawController) => void

/** The device side of a connection, by hand. */
export class RawController {
  readonly socket: Socket
  readonly deviceId: number
  readonly address: number
  readonly received: CyncPacket[] = []
  onRequest: OnRequest = taking
  isClosed = false
  #sequence = 0
  #syncSequence = 1

  private constructor(socket: Socket, deviceId: number, address: number) {
    this.socket = socket
    this.deviceId = deviceId
    this.address = address
    const framing = new CyncFraming()
    socket.on('data', (chunk) => framing.push(chunk, (bytes) => this.#receive(decodePacket(Buffer.from(bytes)).packet)))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  static async connect(url: string, deviceId: number, address = deviceId & 0xff): Promise<RawController> {
    const { hostname, port } = new URL(url.replace(/^(tcp|tls):/, 'http:'))
    const place = { host: hostname, port: Number(port) }
    const isTls = url.startsWith('tls:')
    const socket = isTls ? connectTls({ ...place, rejectUnauthorized: false }) : connectTcp(place)
    await new Promise<void>((resolve, reject) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => resolve()).once('error', reject)
    })
    onTestFinished(() => void socket.destroy())
    return new RawController(socket, deviceId, address)
  }

  /** Connects, logs in and waits for the welcome. */
  static async login(url: string, deviceId: number, address?: number): Promise<RawController> {
    const controller = await RawController.connect(url, deviceId, address)
    controller.login()
    await controller.got('device-login-reply')
    return controller
  }

  login(auth = '0123456789abcdef', deviceId = this.deviceId): void {
    this.send({ type: 'device-login', protocolVersion: 3, deviceId, auth, flags: 0, keepAliveSeconds: 60 })
  }

  send(packet: CyncPacket): void {
    this.socket.write(encodePacket(packet))
  }

  write(hex: string): void {
    this.socket.write(Buffer.from(hex, 'hex'))
  }

  /** Waits until so many packets of a type have come; answers the last of these. */
  async got<T extends CyncPacket['type']>(type: T, count = 1): Promise<Extract<CyncPacket, { type: T }>> {
    const found = (): CyncPacket[] => this.received.filter((packet) => packet.type === type)
    await until(
      () => found().length >= count,
      `${count} of ${type}, got ${this.received.map((one) => one.type).join()}`,
    )
    return found()[count - 1] as Extract<CyncPacket, { type: T }>
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, 'the connection to be closed')
  }

  /** Commands that were asked of it: their names. */
  get commands(): string[] {
    return this.received.flatMap((packet) => {
      if (packet.type !== 'pipe' || packet.frame.direction !== 'request') return []
      const command = decodeCommand(packet.frame, decodeRelay(packet.frame.data))
      return [command?.kind ?? 'unknown']
    })
  }

  /** 7b. */
  reply({ id, sequence }: Pipe, status = 0): void {
    this.send({ type: 'pipe-reply', origin: status === 0 ? 'peer' : 'server', id, sequence, status })
  }

  /** f9. */
  result({ id, frame }: Pipe, result = 0): void {
    const answer = cyncFrame('response', frame.sequence, frame.command, Uint8Array.of(result))
    this.send({ type: 'pipe', id, sequence: this.#sequence++ & 0xffff, flag: 0, frame: answer })
  }

  /** fa db. */
  announce(isOn: boolean, { brightness = 50, colorMode = 20, address = this.address } = {}): void {
    const state = { meshAddress: address, subElement: 0, isOnline: true, isOn, brightness, colorMode }
    const frame = cyncFrame('announce', 1, 0xdb, encodeState({ ...state, rgb: [0, 0, 0] }, 1))
    const sequence = this.#syncSequence++ & 0xffff
    this.send({ type: 'pipe-sync', id: this.deviceId, sequence, flag: 0, frame })
  }

  page({ id, frame }: Pipe): void {
    const record = {
      meshAddress: this.address,
      deviceType: 7,
      isOnline: true,
      isOn: false,
      brightness: 10,
      colorMode: 30,
    }
    const data = encodeMeshPage({ offset: 0, total: 1, records: [{ ...record, rgb: [0, 0, 0] }] })
    const answer = cyncFrame('response', frame.sequence, frame.command, data)
    this.send({ type: 'pipe', id, sequence: this.#sequence++ & 0xffff, flag: 0, frame: answer })
  }

  #receive(packet: CyncPacket): void {
    this.received.push(packet)
    if (packet.type === 'pipe' && packet.frame.direction === 'request') this.onRequest(packet, this)
    if (packet.type === 'probe') {
      const { id, sequence } = packet
      const reply = {
        type: 'probe-reply',
        origin: 'peer',
        id,
        sequence,
        status: 0,
        flags: 7,
        name: 'xlink_dev',
      } as const
      this.send({ ...reply, trailing: new Uint8Array(1_005) })
    }
  }
}

/** Takes everything, and says so twice. */
export const taking: OnRequest = (request, controller) => {
  controller.reply(request)
  controller.result(request)
  if (request.frame.command === MESH_QUERY) controller.page(request)
}

/** Is asked, and says nothing. */
export const mute: OnRequest = () => {}
