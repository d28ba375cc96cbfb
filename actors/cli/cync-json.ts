import type { CyncPacket, SyncEntry } from '../device/cync/packet.ts'
import { decodePacket } from '../device/cync/packet-decoder.ts'
import { CYNC_HEADER_BYTES, payloadLength, RESPONSE_BIT, versionOf } from '../device/cync/packet-header.ts'
import { byteHex, frameFields, type JsonFields } from './cync-frame-json.ts'
import { toHex } from './hex-text.ts'

const names: Readonly<Record<number, string>> = Object.freeze({
  1: 'app_login',
  2: 'device_login',
  3: 'datapoint_set',
  4: 'sync',
  5: 'set_password',
  7: 'pipe',
  8: 'pipe_sync',
  9: 'subscribe',
  10: 'probe',
  12: 'time',
  13: 'ping',
  14: 'disconnect',
})

/** One packet as `troupe cync decode` prints it: what the header says, what the payload does, and what is odd. Any bytes will do. */
export function cyncJson(bytes: Uint8Array): JsonFields {
  const { packet, problems } = decodePacket(bytes)
  const header = bytes[0] ?? 0
  const frame = packet.type === 'pipe' || packet.type === 'pipe-sync' ? packet.frame : undefined
  return {
    type: `0x${toHex(Uint8Array.of(header))}`,
    typeNibble: header >> 4,
    name: names[header >> 4] ?? 'unknown',
    isResponse: (header & RESPONSE_BIT) !== 0,
    version: versionOf(header),
    length: bytes.length < CYNC_HEADER_BYTES ? 0 : payloadLength(bytes, 0),
    directions: directionsOf(packet),
    ...packetFields(packet, bytes),
    ...(frame !== undefined && { frame: frameFields(frame, bytes), checksumOk: frame.isChecksumGood }),
    problems,
  }
}

/** Who may have sent it to whom. */
function directionsOf(packet: CyncPacket): readonly string[] {
  switch (packet.type) {
    case 'device-login':
    case 'time-request':
      return ['device->server']
    case 'app-login':
      return ['app->server']
    case 'app-login-reply':
      return ['server->app']
    case 'device-login-reply':
    case 'sync-reply':
    case 'pipe-sync-reply':
    case 'time':
      return ['server->device']
    case 'sync':
    case 'pipe-sync':
      return fromDevice
    case 'pipe':
      return packet.frame.direction === 'request' ? toDevice : fromDevice
    case 'probe':
      return toDevice
    case 'pipe-reply':
      return packet.origin === 'server' ? fromServer : ['device->server', 'app->server', 'server->app']
    case 'probe-reply':
      return packet.origin === 'server' ? ['server->app'] : fromDevice
    case 'pong':
    case 'cloud-event':
      return fromServer
    case 'ping':
      return fromClient
    case 'disconnect':
      return packet.from === 'server' ? fromServer : fromClient
    default:
      return []
  }
}

const fromDevice = Object.freeze(['device->server', 'server->app'])
const toDevice = Object.freeze(['server->device', 'app->server'])
const fromServer = Object.freeze(['server->device', 'server->app'])
const fromClient = Object.freeze(['device->server', 'app->server'])

function packetFields(packet: CyncPacket, bytes: Uint8Array): JsonFields {
  switch (packet.type) {
    case 'device-login':
      return loginFields(packet, packet.deviceId)
    case 'app-login':
      return { ...loginFields(packet, packet.userId), trailingHex: toHex(packet.trailing) }
    case 'app-login-reply':
    case 'device-login-reply':
      return { status: packet.status, reserved: packet.reserved }
    case 'sync': {
      const { deviceId: id, messageId: msgId, flags, entries, trailing } = packet
      return { id, msgId, flags, entries: entries.map(entryFields), trailingHex: toHex(trailing) }
    }
    case 'sync-reply':
      return { msgId: packet.messageId, status: packet.status }
    case 'pipe':
    case 'pipe-sync':
      return { id: packet.id, seq: packet.sequence, flags: packet.flag }
    case 'pipe-reply':
      return { id: packet.id, seq: packet.sequence, status: packet.status }
    case 'pipe-sync-reply':
      return { seq: packet.sequence, status: packet.status }
    case 'probe': {
      const { id, sequence: seq, flags, trailing } = packet
      return { id, seq, flags: byteHex(flags), ...(trailing.length > 0 && { trailingHex: toHex(trailing) }) }
    }
    case 'probe-reply': {
      const { id, sequence: seq, status, flags: replyFlags, origin, name: deviceName } = packet
      const start = { id, seq, status, replyFlags }
      if (origin === 'server') return start
      return { ...start, nameLength: deviceName.length, deviceName, bodyTailHex: toHex(bytes.subarray(-TAIL_BYTES)) }
    }
    case 'time-request':
      return { subType: 0x0c }
    case 'time': {
      const { type, weekday: weekdaySun1, utcOffset: utcOffsetHHMM, ...rest } = packet
      return { subType: 0x0d, time: { ...rest, weekdaySun1, utcOffsetHHMM } }
    }
    case 'cloud-event':
      return { subType: packet.subType, dataHex: toHex(packet.data) }
    case 'ping':
    case 'pong':
      return {}
    case 'disconnect':
      return { reason: packet.reason }
    case 'unknown':
    case 'malformed':
      return { payloadHex: toHex(packet.payload) }
  }
}

/** Of a probe reply: what the device had in its buffer shows here. */
const TAIL_BYTES = 8

interface LoginLike {
  readonly protocolVersion: number
  readonly auth: string
  readonly flags: number
  readonly keepAliveSeconds: number
}

function loginFields({ protocolVersion: protoVersion, auth, flags, keepAliveSeconds }: LoginLike, id: number) {
  return { protoVersion, id, authLength: auth.length, auth, flags, keepAliveSeconds }
}

const RGB_MODE = 0xfe

function entryFields({ index, kind, value, record, outlets }: SyncEntry): JsonFields {
  const start = { index, type: kind, length: value.length, valueHex: toHex(value) }
  if (outlets !== undefined) {
    return { ...start, outlets: { meshAddr: outlets.meshAddress, on: outlets.isOn, outletMask: outlets.outletMask } }
  }
  if (record !== undefined) {
    const { meshAddress: meshAddr, isOn: on, brightness, colorMode, rgb, isOnline: online } = record
    const state = { meshAddr, on, brightness, colorMode, ...(colorMode === RGB_MODE && { rgb }) }
    const from = { online, sourceByte: record.origin, reporterMeshAddr: record.reporterAddress }
    return {
      ...start,
      record: { ...state, rgbBytesHex: toHex(value.subarray(4, 7)), ...from, tailHex: toHex(value.subarray(10)) },
    }
  }
  if (kind === 2 && value.length === 2) return { ...start, int16: (((value[0]! << 8) | value[1]!) << 16) >> 16 }
  if (kind !== 9 || value.length === 0) return start
  return { ...start, ascii: Buffer.from(value).toString('latin1') }
}
