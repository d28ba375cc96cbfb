import { ProtocolError } from 'troupe'
import { PacketFraming } from '../connection/packet-framing.ts'

/** What one device sent over one connection. */
export interface Recording {
  /** The connection's number in the recording file. */
  readonly id: number
  /** Everything that the device sent, one read after the other; ends with the end of a packet. */
  readonly bytes: Uint8Array
  /** One entry a read, in order: when it came, in milliseconds since the connection's first read, and where it ends in `bytes`. */
  readonly reads: readonly { readonly atMs: number; readonly endOffset: number }[]
  /** One entry a packet, in order: its type byte, and where it ends in `bytes`. */
  readonly packets: readonly { readonly type: number; readonly endOffset: number }[]
}

interface RecordedLine {
  readonly ms: number
  readonly conn: number
  readonly dir: string
  readonly hex: string
}

/**
 * The device side of every connection in a recording file (its format: `recordings/README.md`), in the order of their first
 * reads. Throws `ProtocolError` (`bad-recording`) naming the line or the connection that is not as described.
 */
export function parseRecordings(text: string): readonly Recording[] {
  const linesByConnection = new Map<number, RecordedLine[]>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const recorded = parseLine(line, index + 1)
    if (recorded.dir !== 'device->server') continue
    const lines = linesByConnection.get(recorded.conn)
    if (lines === undefined) linesByConnection.set(recorded.conn, [recorded])
    else lines.push(recorded)
  }
  return [...linesByConnection].map(([id, lines]) => assemble(id, lines))
}

function parseLine(line: string, lineNumber: number): RecordedLine {
  const recorded = parseJson(line, lineNumber)
  const { ms, conn, dir, hex } = recorded
  const isWhole =
    typeof ms === 'number' && typeof conn === 'number' && typeof dir === 'string' && typeof hex === 'string'
  if (isWhole && hex.length > 0 && /^([0-9a-f]{2})*$/.test(hex)) return { ms, conn, dir, hex }
  throw new ProtocolError(
    'bad-recording',
    `recording line ${lineNumber} must have ms, conn, dir and hex (pairs of hex digits), got ${line.slice(0, 80)}`,
  )
}

function parseJson(line: string, lineNumber: number): Record<string, unknown> {
  try {
    return Object(JSON.parse(line))
  } catch (cause) {
    throw new ProtocolError('bad-recording', `recording line ${lineNumber} is not JSON: ${line.slice(0, 80)}`, {
      cause,
    })
  }
}

function assemble(id: number, lines: readonly RecordedLine[]): Recording {
  const bytes = Uint8Array.from(Buffer.from(lines.map((line) => line.hex).join(''), 'hex'))
  const firstMs = lines[0]!.ms
  let readEnd = 0
  const reads = lines.map((line) => {
    readEnd += line.hex.length / 2
    return { atMs: line.ms - firstMs, endOffset: readEnd }
  })
  return { id, bytes, reads, packets: cutPackets(id, bytes) }
}

function cutPackets(id: number, bytes: Uint8Array): Recording['packets'] {
  const framing = new PacketFraming()
  const packets: { type: number; endOffset: number }[] = []
  let endOffset = 0
  framing.push(bytes, (packet) => {
    endOffset += packet.length
    packets.push({ type: packet[0]!, endOffset })
  })
  // A loop over half a packet would make nonsense of everything behind it.
  if (framing.heldBytes === 0) return packets
  throw new ProtocolError(
    'bad-recording',
    `recorded connection ${id} ends with ${framing.heldBytes} bytes of an incomplete packet`,
  )
}
