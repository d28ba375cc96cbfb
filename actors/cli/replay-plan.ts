import { ProtocolError } from 'troupe'
import { CyncFraming } from '../device/cync/cync-framing.ts'

/** What one device sent over one connection. */
export interface ReplaySession {
  /** Number of the connection in the recording. */
  readonly recordedConnection: number
  /** 0 where nothing says who it was. */
  readonly deviceId: number
  readonly packets: readonly ReplayPacket[]
}

export interface ReplayPacket {
  /** When its last byte was read, in milliseconds since the recording began. */
  readonly atMs: number
  readonly bytes: Uint8Array
}

export interface ReplayPlan {
  /** In the order of their first packets. */
  readonly sessions: readonly ReplaySession[]
  readonly recordedConnections: number
  readonly packets: number
  readonly bytes: number
  /** Of the device's side, but in no packet. */
  readonly skippedBytes: number
  /** At the end of a connection, of a packet that was not recorded whole. */
  readonly incompleteBytes: number
}

interface Read {
  readonly ms: number
  readonly conn: number
  readonly bytes: Uint8Array
}

/**
 * What is to be sent to replay a recording: the device's side of it. Each login begins a connection of its own, and so does each device:
 * recorded numbers of connections are used again, devices connect again for each login. Throws `ProtocolError`
 * (`bad-recording`) naming the line that is not as described.
 */
export function replayPlan(text: string): ReplayPlan {
  const connections = new Map<number, Read[]>()
  for (const [index, line] of text.split('\n').entries()) {
    const read = line.trim() === '' ? undefined : parseRead(line, index + 1)
    if (read === undefined) continue
    const reads = connections.get(read.conn)
    if (reads === undefined) connections.set(read.conn, [read])
    else reads.push(read)
  }
  const cuts = [...connections].map(([connection, reads]) => cutConnection(connection, reads))
  const sessions = cuts.flatMap((cut) => cut.sessions)
  return {
    sessions: sessions.sort((a, b) => a.packets[0]!.atMs - b.packets[0]!.atMs),
    recordedConnections: connections.size,
    packets: sum(sessions, ({ packets }) => packets.length),
    bytes: sum(sessions, ({ packets }) => sum(packets, ({ bytes }) => bytes.length)),
    skippedBytes: sum(cuts, ({ skippedBytes }) => skippedBytes),
    incompleteBytes: sum(cuts, ({ incompleteBytes }) => incompleteBytes),
  }
}

/** Undefined for what a server sent. */
function parseRead(line: string, lineNumber: number): Read | undefined {
  const { ms, conn, dir, hex } = parseObject(line, lineNumber)
  const isHex = typeof hex === 'string' && /^([0-9a-f]{2})*$/i.test(hex)
  if (!Number.isFinite(ms) || !Number.isSafeInteger(conn) || typeof dir !== 'string' || !isHex) {
    throw badLine(lineNumber, `must have ms, conn, dir and hex (pairs of hex digits), got ${line.slice(0, 80)}`)
  }
  if (dir !== 'device->server') return undefined
  return { ms: ms as number, conn: conn as number, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) }
}

function parseObject(line: string, lineNumber: number): Record<string, unknown> {
  try {
    return Object(JSON.parse(line))
  } catch (cause) {
    throw badLine(lineNumber, `is not JSON: ${line.slice(0, 80)}`, cause)
  }
}

function badLine(lineNumber: number, what: string, cause?: unknown): ProtocolError {
  return new ProtocolError('bad-recording', `recording line ${lineNumber} ${what}`, { cause })
}

interface ConnectionCut {
  readonly sessions: readonly ReplaySession[]
  readonly skippedBytes: number
  readonly incompleteBytes: number
}

function cutConnection(recordedConnection: number, reads: readonly Read[]): ConnectionCut {
  const framing = new CyncFraming({ skippedBytesMax: Number.POSITIVE_INFINITY })
  const splitter = new LoginSplitter()
  for (const { ms, bytes } of reads) {
    framing.push(bytes, (packet) => splitter.add({ atMs: ms, bytes: new Uint8Array(packet) }))
  }
  const sessions = splitter.sessions.map((session) => ({ recordedConnection, ...session }))
  return { sessions, skippedBytes: framing.skippedBytes, incompleteBytes: framing.heldBytes }
}

const LOGIN = 2
const SYNC = 4
const PIPE_SYNC = 8

/** Sorts packets by device, and at each login begins anew. */
class LoginSplitter {
  readonly sessions: { deviceId: number; packets: ReplayPacket[] }[] = []
  readonly #current = new Map<number, { deviceId: number; packets: ReplayPacket[] }>()
  #lastId = 0

  add(packet: ReplayPacket): void {
    const id = deviceIdOf(packet.bytes) ?? this.#lastId
    this.#lastId = id
    const current = this.#current.get(id)
    const isLogin = packet.bytes[0]! >> 4 === LOGIN
    // What had waited when the connection came up is sent in front of the login: the same read has both.
    const isNew =
      isLogin && current?.packets.some(({ bytes, atMs }) => atMs !== packet.atMs || bytes[0]! >> 4 === LOGIN)
    if (current !== undefined && isNew !== true) {
      current.packets.push(packet)
      return
    }
    const early = isNew === true ? takeEarly(current!.packets, packet.atMs) : []
    const session = { deviceId: id, packets: [...early, packet] }
    this.#current.set(id, session)
    this.sessions.push(session)
  }
}

/** Takes from the end of what a session has sent the part that came with the login of the next one. */
function takeEarly(packets: ReplayPacket[], atMs: number): ReplayPacket[] {
  let start = packets.length
  while (start > 0 && packets[start - 1]!.atMs === atMs && packets[start - 1]!.bytes[0]! >> 4 !== LOGIN) start--
  return packets.splice(start)
}

/** Who says so in its packet. The ids in answers to a server are the server's. */
function deviceIdOf(bytes: Uint8Array): number | undefined {
  const header = bytes[0]!
  const offset = header >> 4 === LOGIN ? 6 : 5
  const hasId = [LOGIN, SYNC, PIPE_SYNC].includes(header >> 4) && (header & 0x08) === 0 && bytes.length >= offset + 4
  if (!hasId) return undefined
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0)
}
