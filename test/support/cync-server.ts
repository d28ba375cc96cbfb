import { createServer, type Server, type Socket } from 'node:net'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import type { CyncPacket, CyncPacketType } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'

/** How a server of this protocol treats those who connect. `accept`: as it should. The others are what can go wrong. */
export type ServerManner = 'accept' | 'mute' | 'close' | 'garbage' | 'refuse' | 'deaf'

/** One connection of a device, as the server sees it. */
export class CyncPeer {
  readonly socket: Socket
  readonly packets: CyncPacket[] = []
  deviceId = 0
  isClosed = false
  readonly #framing = new CyncFraming()

  constructor(socket: Socket, server: Pick<CyncServer, 'manner'>) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#framing.push(new Uint8Array(chunk), (bytes) => this.#take(decodePacket(bytes).packet, server))
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(packet: CyncPacket): void {
    if (!this.socket.destroyed) this.socket.write(encodePacket(packet))
  }

  count(type: CyncPacketType): number {
    return this.packets.filter((packet) => packet.type === type).length
  }

  #take(packet: CyncPacket, server: Pick<CyncServer, 'manner'>): void {
    this.packets.push(packet)
    if (packet.type === 'device-login') this.deviceId = packet.deviceId
    for (const answer of server.manner === 'accept' || server.manner === 'refuse'
      ? answersTo(packet, server.manner)
      : [])
      this.send(answer)
  }
}

/** What a server says to what a device says. */
function answersTo(packet: CyncPacket, manner: ServerManner): CyncPacket[] {
  switch (packet.type) {
    case 'device-login':
      return [{ type: 'device-login-reply', status: manner === 'refuse' ? 2 : 0, reserved: 0 }]
    case 'sync':
      return [{ type: 'sync-reply', messageId: packet.messageId, status: 0 }]
    case 'pipe-sync':
      return [{ type: 'pipe-sync-reply', sequence: packet.sequence, status: 0 }]
    case 'ping':
      return [{ type: 'pong' }]
    default:
      return []
  }
}

/** A server by hand, on this thread, that answers devices as told. */
export class CyncServer {
  manner: ServerManner = 'accept'
  readonly peers: CyncPeer[] = []
  url = ''
  readonly #server: Server

  private constructor() {
    this.#server = createServer((socket) => this.#onSocket(socket))
  }

  static async listen(manner: ServerManner = 'accept', port = 0): Promise<CyncServer> {
    const server = new CyncServer()
    server.manner = manner
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', 4_096, resolve))
    server.url = `tcp://127.0.0.1:${(server.#server.address() as { port: number }).port}`
    return server
  }

  /** Those that are connected. */
  get open(): CyncPeer[] {
    return this.peers.filter(({ isClosed }) => !isClosed)
  }

  /** The open connection of a device: in which order many of them connect is not said. */
  peerOf(deviceId: number): CyncPeer | undefined {
    return this.open.find((peer) => peer.deviceId === deviceId)
  }

  close(): void {
    this.#server.close()
    for (const { socket } of this.peers) socket.destroy()
  }

  #onSocket(socket: Socket): void {
    const peer = new CyncPeer(socket, this)
    this.peers.push(peer)
    if (this.manner === 'close') socket.end()
    else if (this.manner === 'garbage')
      socket.write(Buffer.from('0000847e00112233445566778899aabbccddeeff'.repeat(8), 'hex'))
    else if (this.manner === 'deaf') socket.pause()
  }
}
