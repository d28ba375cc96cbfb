import { decodeNotice, type Notice, stateOf } from '../device/cync/announcement.ts'
import type { CyncFrame } from '../device/cync/frame.ts'
import { frameChecksum } from '../device/cync/frame-codec.ts'
import { frameMeaning } from '../device/cync/frame-meaning.ts'
import { CYNC_HEADER_BYTES, payloadLength } from '../device/cync/packet-header.ts'
import { decodeRelay, type Relay, targetOf } from '../device/cync/relay.ts'
import { toHex } from './hex-text.ts'

export type JsonFields = Record<string, unknown>

const FRAME_OFFSET = 12
/** Bytes of a frame beside its data, delimiters included. */
const FRAME_OVERHEAD = 11

/** The frame of the packet in `bytes`, and what it means. */
export function frameFields(frame: CyncFrame, bytes: Uint8Array): JsonFields {
  const { sequence: seq, direction, directionByte, command, data, checksum, leadByte } = frame
  const wireBytes = CYNC_HEADER_BYTES + payloadLength(bytes, 0) - FRAME_OFFSET
  return {
    leadByte: byteHex(leadByte),
    trailByte: '7e',
    byteStuffing: stuffingOf(frame, wireBytes > data.length + FRAME_OVERHEAD),
    seq,
    dirByte: byteHex(directionByte),
    direction,
    cmd: byteHex(command),
    dataLength: data.length,
    dataHex: toHex(data),
    checksum,
    checksumComputed: frameChecksum(command, data),
    checksumOk: frame.isChecksumGood,
    ...meaningFields(frame),
  }
}

function stuffingOf({ isStuffed, data }: CyncFrame, isLonger: boolean): string {
  if (isLonger) return 'escaped'
  return !isStuffed && data.includes(0x7d) ? 'unescaped-on-wire (firmware quirk)' : 'plain'
}

function meaningFields(frame: CyncFrame): JsonFields {
  const meaning = frameMeaning(frame)
  switch (meaning.kind) {
    case 'command':
      return commandFields(frame, meaning.command.kind === 'mesh-query')
    case 'result':
      return { resultCode: meaning.result }
    case 'mesh-page':
      return { meshPage: meshPageFields(frame.data) }
    case 'firmware':
      return { firmware: { kind: meaning.firmware.part, version: meaning.firmware.version } }
    default: {
      const notice = frame.direction === 'announce' ? decodeNotice(frame.data) : undefined
      return notice === undefined ? {} : { notify: noticeFields(notice) }
    }
  }
}

function commandFields({ data }: CyncFrame, isMeshQuery: boolean): JsonFields {
  if (isMeshQuery) return { meshQuery: true }
  const relay = decodeRelay(data)
  return relay === undefined ? {} : { relay: relayFields(relay, data) }
}

function relayFields(relay: Relay, data: Uint8Array): JsonFields {
  const { relayId, destination: dest, opcode, parameters } = relay
  return {
    relayId,
    reservedHex: toHex(data.subarray(3, 5)),
    dest,
    ...destinationFields(dest),
    opcode: byteHex(opcode),
    vendorIdLE: VENDOR,
    paramsHex: toHex(parameters),
    ...parameterFields(opcode, parameters),
  }
}

const VENDOR = '0211'

function destinationFields(dest: number): JsonFields {
  const target = targetOf(dest)
  switch (target.kind) {
    case 'device':
      return { destKind: 'device', meshAddr: target.meshAddress, subElement: target.subElement ?? 0 }
    case 'group':
      return { destKind: 'group', groupNumber: target.group }
    case 'broadcast':
      return { destKind: 'broadcast' }
  }
}

const KEEP = 0xff

function parameterFields(opcode: number, bytes: Uint8Array): JsonFields {
  const [first, second, mode] = bytes
  switch (opcode) {
    case 0xd0:
      return bytes.length === 3 ? { power: first !== 0 } : {}
    case 0xd2:
      return bytes.length === 1 ? { brightness: first } : {}
    case 0xe2:
      return colorFields(bytes)
    case 0xf0: {
      if (bytes.length !== 6) return {}
      const brightness = second === KEEP ? 'keep' : second
      return { combo: { on: first !== 0, brightness, colorMode: mode, rgbBytesHex: toHex(bytes.subarray(3)) } }
    }
    case 0xf7:
      return { subHex: toHex(bytes) }
    default:
      return {}
  }
}

function colorFields(bytes: Uint8Array): JsonFields {
  const [what, first, second, third, fourth] = bytes
  if (what === 0x04 && bytes.length === 4) return { rgb: [first, second, third] }
  if (what === 0x05 && bytes.length === 2) return { whiteTemp: first }
  if (what === 0x07) return { lightShow: { bytesHex: toHex(bytes.subarray(1)) } }
  if (what !== 0x08 || bytes.length !== 5) return {}
  return { fade: { brightness: ((first! << 8) | second!) / 10, durationMs: (third! << 8) | fourth! } }
}

function noticeFields(notice: Notice): JsonFields {
  const { serial: relayId, source: src, destination: dst, opcode, parameters } = notice
  const state = stateOf(notice)
  const start = { relayId, src, dst, opcode: byteHex(opcode), vendorIdLE: VENDOR, paramsHex: toHex(parameters) }
  if (state === undefined) return start
  const { meshAddress: meshAddr, subElement, isOnline: online, isOn: on, brightness, colorMode, rgb } = state
  return { ...start, status: { meshAddr, subElement, online, on, brightness, colorMode, rgb } }
}

const PAGE_HEADER_BYTES = 6
const PAGE_RECORD_BYTES = 24

function meshPageFields(data: Uint8Array): JsonFields {
  const words = Buffer.from(data.buffer, data.byteOffset, data.length)
  const count = words.readUInt16LE(0)
  const records = Array.from({ length: count }, (_, index) => {
    const start = PAGE_HEADER_BYTES + index * PAGE_RECORD_BYTES
    return pageRecordFields(words.subarray(start, start + PAGE_RECORD_BYTES))
  })
  return { count, offset: words.readUInt16LE(2), total: words.readUInt16LE(4), records }
}

/** Bytes as they are, also those that nobody can read. */
function pageRecordFields(record: Buffer): JsonFields {
  return {
    meshAddr: record.readUInt16LE(0),
    typeCode: record[2],
    flag3: record[3],
    flag4Hex: toHex(record.subarray(4, 8)),
    on: record[8],
    brightness: record[12],
    colorMode: record[16],
    rgb: [...record.subarray(20, 23)],
  }
}

/** Two digits. */
export function byteHex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
