import { DecodedTally, recordedStreams } from '../cync/home-recording.ts'
import type { Work } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'

/**
 * What one writes by hand, with what Buffer has: what is left over is joined with what came, each packet is sliced out of it as a
 * copy, and each part of that is again. All fields are decoded, by type, and nothing is done twice.
 */
const decode: Work<{ readonly loops: number }> = ({ loops }) => {
  const streams = recordedStreams()
  return rateOf(loops, async (count) => {
    const tally = new DecodedTally()
    for (let loop = 0; loop < count; loop++) {
      for (const stream of streams) {
        const splitter = new CopyingSplitter()
        for (const chunk of stream) for (const packet of splitter.push(chunk)) decodeInto(tally, packet)
      }
    }
    return tally.tally
  })
}

class CopyingSplitter {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const packets: Buffer[] = []
    while (this.#rest.length >= 5) {
      const end = 5 + this.#rest.readUInt32BE(1)
      if (this.#rest.length < end) break
      packets.push(copyOf(this.#rest, 0, end))
      this.#rest = copyOf(this.#rest, end)
    }
    return packets
  }
}

function copyOf(buffer: Buffer, start: number, end?: number): Buffer {
  return Buffer.from(buffer.subarray(start, end))
}

function decodeInto(tally: DecodedTally, bytes: Buffer): void {
  const packet = decodePacket(bytes)
  tally.packets++
  tally.bytes += bytes.length
  if ('frame' in packet) tally.dataBytes += packet.frame?.data.length ?? 0
  if ('entries' in packet) tally.records += packet.entries.filter(({ record }) => record !== undefined).length
}

function decodePacket(bytes: Buffer) {
  const type = bytes.readUInt8(0)
  const payload = copyOf(bytes, 5)
  switch (type & 0xf8) {
    case 0x20: {
      const authEnd = 7 + payload.readUInt16BE(5)
      return {
        type,
        protocolVersion: payload.readUInt8(0),
        deviceId: payload.readUInt32BE(1),
        auth: payload.toString('latin1', 7, authEnd),
        flags: payload.readUInt8(authEnd),
        keepAliveSeconds: payload.readUInt16BE(authEnd + 1),
      }
    }
    case 0x40: {
      const head = { id: payload.readUInt32BE(0), messageId: payload.readUInt16BE(4), flags: payload.readUInt8(6) }
      return { type, ...head, ...decodeEntries(copyOf(payload, 7)) }
    }
    case 0x48:
      return { type, messageId: payload.readUInt16BE(0), status: payload.readUInt8(2) }
    case 0x70:
    case 0x80: {
      const head = { id: payload.readUInt32BE(0), sequence: payload.readUInt16BE(4), flag: payload.readUInt8(6) }
      return { type, ...head, frame: decodeFrame(copyOf(payload, 7)) }
    }
    case 0x78:
      return { type, id: payload.readUInt32BE(0), sequence: payload.readUInt16BE(4), status: payload.readUInt8(6) }
    case 0x88:
      return { type, sequence: payload.readUInt16BE(0), status: payload.readUInt8(2) }
    default:
      return { type, payload }
  }
}

function decodeEntries(bytes: Buffer) {
  const entries: { index: number; kind: number; value: Buffer; record: ReturnType<typeof recordOf> | undefined }[] = []
  let at = 0
  while (bytes.length - at >= 3) {
    const index = bytes.readUInt8(at)
    const word = bytes.readUInt16BE(at + 1)
    const end = at + 3 + (word & 0xfff)
    const value = copyOf(bytes, at + 3, end)
    const kind = word >> 12
    entries.push({ index, kind, value, record: kind === 0 && value.length === 16 ? recordOf(value) : undefined })
    at = end
  }
  return { entries, trailing: copyOf(bytes, at) }
}

function recordOf(value: Buffer) {
  return {
    meshAddress: value.readUInt8(0),
    isOn: value.readUInt8(1) !== 0,
    brightness: value.readUInt8(2),
    colorMode: value.readUInt8(3),
    rgb: [...copyOf(value, 4, 7)],
    isOnline: value.readUInt8(7) !== 0,
    origin: value.readUInt8(8),
    reporterAddress: value.readUInt8(9),
  }
}

function decodeFrame(bytes: Buffer) {
  const leadByte = bytes.readUInt8(0)
  const stuffed = copyOf(bytes, 1, -1)
  const body = unstuffed(stuffed)
  if (body.readUInt16LE(6) === body.length - 9) return frameOf(body, leadByte)
  return stuffed.readUInt16LE(6) === stuffed.length - 9 ? frameOf(stuffed, leadByte) : undefined
}

function unstuffed(bytes: Buffer): Buffer {
  if (!bytes.includes(0x7d)) return copyOf(bytes, 0)
  const parts: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(0x7d); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0x7d, at + 2)) {
    parts.push(copyOf(bytes, from, at), Buffer.of(bytes.readUInt8(at + 1) ^ 0x20))
    from = at + 2
  }
  return Buffer.concat([...parts, copyOf(bytes, from)])
}

function frameOf(body: Buffer, leadByte: number) {
  const data = copyOf(body, 8, -1)
  const checksum = body.readUInt8(body.length - 1)
  const sum = copyOf(body, 5, -1).reduce((total, byte) => total + byte, 0) & 0xff
  return {
    leadByte,
    sequence: body.readUInt32LE(0),
    direction: body.readUInt8(4),
    command: body.readUInt8(5),
    data,
    checksum,
    isChecksumGood: checksum === sum,
  }
}

export const works = { decode }
