import type { LampState } from './lamp.ts'

/** Type bytes of what a device sends. */
const LOGIN = 0x23
const SYNC = 0x43
const PIPE = 0x73
const PIPE_REPLY = 0x7b
const SERVER_PIPE_REPLY = 0x78
const PIPE_SYNC = 0x83
const PROBE_REPLY = 0xab
const TIME_REQUEST = 0xc3
const PING = 0xd3
const DISCONNECT = 0xe3

export const FRAME_REQUEST = 0xf8
export const FRAME_RESPONSE = 0xf9
export const FRAME_ANNOUNCE = 0xfa

const HEADER_BYTES = 5
const PROTOCOL_VERSION = 3
const LOGIN_BYTES = 31
const PROBE_REPLY_BYTES = 1_024
const PROBE_FLAGS = 0x07
const PROBE_NAME = 'xlink_dev'
const SYNC_HEAD_BYTES = 12
/** Every device says that, so that no reply can be matched. */
const SYNC_MESSAGE_ID = 0x0101
const SYNC_FLAGS = 0x06
/** Entry header and record. */
const ENTRY_BYTES = 19
const RECORD_BYTES = 16
/** Index of the controller's own entry; the others follow. */
const ENTRY_SELF = 0x05
const ORIGIN_OTHER = 0x14
const PIPE_HEAD_BYTES = 12
const DELIMITER = 0x7e
const ESCAPE = 0x7d
const ESCAPE_XOR = 0x20
/** What a version may have in its announcement. */
export const VERSION_BYTES_MAX = 16

export function loginPacket(deviceId: number, auth: string, keepAliveSeconds: number): Uint8Array {
  const packet = withHeader(LOGIN, LOGIN_BYTES)
  packet[5] = PROTOCOL_VERSION
  packet.writeUInt32BE(deviceId, 6)
  packet.writeUInt16BE(auth.length, 10)
  packet.write(auth, 12, 'latin1')
  packet.writeUInt16BE(keepAliveSeconds, LOGIN_BYTES - 2)
  return packet
}

/** A record of a sync: a lamp as the reporting controller knows it. */
export interface SyncRecord {
  readonly address: number
  readonly state: LampState
  /** False: out of date, and to be taken for no confirmation. */
  readonly isOnline: boolean
}

/** @param trailing bytes of no known meaning that one model appends */
export function syncPacket(
  deviceId: number,
  reporterAddress: number,
  records: readonly SyncRecord[],
  trailing = 0,
): Uint8Array {
  const packet = withHeader(SYNC, SYNC_HEAD_BYTES + records.length * ENTRY_BYTES + trailing)
  packet.writeUInt32BE(deviceId, 5)
  packet.writeUInt16BE(SYNC_MESSAGE_ID, 9)
  packet[11] = SYNC_FLAGS
  let at = SYNC_HEAD_BYTES
  let index = ENTRY_SELF
  for (const record of records) {
    const isSelf = record.address === reporterAddress
    packet[at] = isSelf ? ENTRY_SELF : ++index
    packet.writeUInt16BE(RECORD_BYTES, at + 1)
    writeRecord(packet, at + 3, record, isSelf, reporterAddress)
    at += ENTRY_BYTES
  }
  for (let n = 0; n < trailing; n++) packet[at + n] = (deviceId >> (8 * n)) & 0xff
  return packet
}

function writeRecord(packet: Buffer, at: number, record: SyncRecord, isSelf: boolean, reporterAddress: number): void {
  const { address, state, isOnline } = record
  packet[at] = address
  packet[at + 1] = state.isOn ? 1 : 0
  packet[at + 2] = state.brightness
  packet[at + 3] = state.colorMode
  packet.set(state.rgb, at + 4)
  packet[at + 7] = isOnline ? 1 : 0
  packet[at + 8] = isSelf ? 0 : ORIGIN_OTHER
  packet[at + 9] = reporterAddress
}

/** An inner frame as a device writes it. */
export interface DeviceFrame {
  readonly sequence: number
  readonly direction: number
  readonly command: number
  readonly data: Uint8Array
  /** @default 0x7e */
  readonly leadByte?: number
  /** In place of the right one. */
  readonly checksum?: number
  /** @default true */
  readonly isEscaping?: boolean
}

/** 0x73, or 0x83 for what is announced to all. */
export function pipePacket(isSync: boolean, id: number, sequence: number, frame: DeviceFrame): Uint8Array {
  const { leadByte = DELIMITER, isEscaping = true } = frame
  const body = frameBody(frame)
  const stuffing = isEscaping ? count(body) : 0
  const packet = withHeader(isSync ? PIPE_SYNC : PIPE, PIPE_HEAD_BYTES + 2 + body.length + stuffing)
  packet.writeUInt32BE(id, 5)
  packet.writeUInt16BE(sequence, 9)
  packet[PIPE_HEAD_BYTES] = leadByte
  if (stuffing === 0) packet.set(body, PIPE_HEAD_BYTES + 1)
  else stuff(body, packet, PIPE_HEAD_BYTES + 1)
  packet[packet.length - 1] = DELIMITER
  return packet
}

/** Of command, length and data; neither sequence nor direction count. */
export function frameChecksum({ command, data }: Pick<DeviceFrame, 'command' | 'data'>): number {
  let sum = command + (data.length & 0xff) + (data.length >> 8)
  for (const byte of data) sum += byte
  return sum & 0xff
}

function frameBody(frame: DeviceFrame): Buffer {
  const { sequence, direction, command, data, checksum = frameChecksum(frame) } = frame
  const body = Buffer.alloc(data.length + 9)
  body.writeUInt32LE(sequence, 0)
  body[4] = direction
  body[5] = command
  body.writeUInt16LE(data.length, 6)
  body.set(data, 8)
  body[body.length - 1] = checksum
  return body
}

function needsEscape(byte: number): boolean {
  return byte === DELIMITER || byte === ESCAPE
}

function count(body: Uint8Array): number {
  let escapes = 0
  for (const byte of body) if (needsEscape(byte)) escapes++
  return escapes
}

function stuff(body: Uint8Array, packet: Uint8Array, start: number): void {
  let at = start
  for (const byte of body) {
    if (needsEscape(byte)) {
      packet[at++] = ESCAPE
      packet[at++] = byte ^ ESCAPE_XOR
    } else packet[at++] = byte
  }
}

/** 0x7b; 0x78 for what the cloud would say in a device's stead. */
export function pipeReplyPacket(id: number, sequence: number, status: number, isServer = false): Uint8Array {
  const packet = withHeader(isServer ? SERVER_PIPE_REPLY : PIPE_REPLY, PIPE_HEAD_BYTES)
  packet.writeUInt32BE(id, 5)
  packet.writeUInt16BE(sequence, 9)
  packet[11] = status
  return packet
}

/** Always 1,024 bytes. */
export function probeReplyPacket(id: number, sequence: number): Uint8Array {
  const packet = withHeader(PROBE_REPLY, PROBE_REPLY_BYTES)
  packet.writeUInt32BE(id, 5)
  packet.writeUInt16BE(sequence, 9)
  packet[12] = PROBE_FLAGS
  packet.writeUInt16BE(PROBE_NAME.length, 13)
  packet.write(PROBE_NAME, 15, 'latin1')
  return packet
}

/** Not to be written to. */
export const pingPacket: Uint8Array = packetOf(PING, [])
/** Not to be written to. */
export const timeRequestPacket: Uint8Array = packetOf(TIME_REQUEST, [0x0c])

/** What a client says when it leaves. */
export function disconnectPacket(reason: number): Uint8Array {
  return packetOf(DISCONNECT, [reason])
}

/** Data of the announcement that a lamp has a new state. `number` counts announcements, u24. */
export function stateData(
  number: number,
  address: number,
  { isOn, brightness, colorMode, rgb }: LampState,
): Uint8Array {
  const data = new Uint8Array(19)
  writeNotice(data, number, address, address, 0xdb)
  data[10] = 1
  data[11] = isOn ? 1 : 0
  data[12] = brightness
  data[13] = colorMode
  data.set(rgb, 14)
  return data
}

/** Data of the answer to something passed through: a version's text, or a mode. */
export function passthroughData(
  number: number,
  address: number,
  reporter: number,
  tag: number,
  text: string,
): Uint8Array {
  const data = new Uint8Array(20)
  writeNotice(data, number, address, reporter, 0xea)
  data[10] = address
  data[11] = tag
  data.set(Buffer.from(text, 'latin1').subarray(0, 8), 12)
  return data
}

function writeNotice(data: Uint8Array, number: number, from: number, to: number, opcode: number): void {
  data[0] = number & 0xff
  data[1] = (number >> 8) & 0xff
  data[2] = (number >> 16) & 0xff
  data[3] = from
  data[5] = to
  data[7] = opcode
  data[8] = 0x11
  data[9] = 0x02
}

/** Data of the announcement of a firmware version. `isDevice` false: of the network part. */
export function versionData(isDevice: boolean, version: string): Uint8Array {
  const data = new Uint8Array(32)
  data[7] = 0xea
  data[11] = 0x86
  data[12] = 0x01
  data[13] = isDevice ? 1 : 0
  data.set(Buffer.from(version, 'latin1').subarray(0, VERSION_BYTES_MAX), 14)
  return data
}

function packetOf(type: number, payload: readonly number[]): Uint8Array {
  const packet = withHeader(type, HEADER_BYTES + payload.length)
  packet.set(payload, HEADER_BYTES)
  return packet
}

/** A packet of so many bytes, of zeros behind its header. */
function withHeader(type: number, bytes: number): Buffer {
  // In memory of its own: it may wait to be written, and a slice of Node's pool would keep all of that.
  const packet = Buffer.alloc(bytes)
  packet[0] = type
  packet.writeUInt32BE(bytes - HEADER_BYTES, 1)
  return packet
}
