import { UsageError } from 'troupe'
import { checkField, encodeCyncFrame } from './frame-codec.ts'
import type { AppLogin, CyncPacket, DeviceLogin, Pipe, ProbeReply, Sync, Time } from './packet.ts'
import { CYNC_HEADER_BYTES, CYNC_PAYLOAD_BYTES_MAX } from './packet-header.ts'
import { SYNC_TRAILING_BYTES_MAX, syncEntriesBytes, writeSyncEntries } from './sync-entries.ts'

/** Length of the reply of a device to a probe, which is filled up with zeros. Bytes of payload. */
const PROBE_REPLY_BYTES = 0x3fb

/**
 * The bytes of a packet, header included, in memory of their own. Strict: throws `UsageError` (`invalid-packet`) naming field, value and
 * limit for a value that has no place in the packet, and for one that is `malformed`.
 */
export function encodePacket(packet: CyncPacket): Uint8Array {
  switch (packet.type) {
    case 'device-login':
      return encodeLogin(0x23, packet, packet.deviceId, noBytes)
    case 'app-login':
      return encodeLogin(0x13, packet, packet.userId, packet.trailing)
    case 'device-login-reply':
      return encodeFields(0x28, [u8('status', packet.status), u8('reserved', packet.reserved)])
    case 'app-login-reply':
      return encodeFields(0x18, [u8('status', packet.status), u8('reserved', packet.reserved)])
    case 'sync':
      return encodeSync(packet)
    case 'sync-reply':
      return encodeFields(0x48, [u16('messageId', packet.messageId), u8('status', packet.status)])
    case 'pipe':
      return encodePipe(0x73, packet)
    case 'pipe-sync':
      return encodePipe(0x83, packet)
    case 'pipe-reply':
      return encodeFields(packet.origin === 'peer' ? 0x7b : 0x78, [...address(packet), u8('status', packet.status)])
    case 'pipe-sync-reply':
      return encodeFields(0x88, [u16('sequence', packet.sequence), u8('status', packet.status)])
    case 'probe':
      return encodeFields(0xa3, [...address(packet), u8('flags', packet.flags)], packet.trailing)
    case 'probe-reply':
      return encodeProbeReply(packet)
    case 'time-request':
      return Uint8Array.of(0xc3, 0, 0, 0, 1, 0x0c)
    case 'time':
      return encodeTime(packet)
    case 'cloud-event':
      return encodeFields(0xc3, [u8('subType', packet.subType)], packet.data)
    case 'ping':
      return Uint8Array.of(0xd3, 0, 0, 0, 0)
    case 'pong':
      return Uint8Array.of(0xd8, 0, 0, 0, 0)
    case 'disconnect':
      return encodeFields(packet.from === 'client' ? 0xe3 : 0xe0, [u8('reason', packet.reason)])
    case 'unknown':
      return encodeFields(checkedHeader(packet.header), [], packet.payload)
    case 'malformed':
      throw new UsageError('invalid-packet', 'Cync: a malformed packet cannot be encoded')
  }
}

const noBytes = new Uint8Array(0)

/** A number with the bytes that it takes, big-endian. */
interface Field {
  readonly bytes: 1 | 2 | 4
  readonly value: number
}

function u8(name: string, value: number): Field {
  checkField(name, value, 0xff)
  return { bytes: 1, value }
}

function u16(name: string, value: number): Field {
  checkField(name, value, 0xffff)
  return { bytes: 2, value }
}

function u32(name: string, value: number): Field {
  checkField(name, value, 0xffff_ffff)
  return { bytes: 4, value }
}

function address({ id, sequence }: { readonly id: number; readonly sequence: number }): Field[] {
  return [u32('id', id), u16('sequence', sequence)]
}

function encodeFields(header: number, fields: readonly Field[], rest: Uint8Array = noBytes): Uint8Array {
  const fieldBytes = fields.reduce((sum, { bytes }) => sum + bytes, 0)
  const packet = newPacket(header, fieldBytes + rest.length)
  const end = writeFields(packet, CYNC_HEADER_BYTES, fields)
  packet.set(rest, end)
  return packet
}

function writeFields(packet: Uint8Array, offset: number, fields: readonly Field[]): number {
  let at = offset
  for (const { bytes, value } of fields) {
    for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) packet[at++] = value >>> shift
  }
  return at
}

function newPacket(header: number, payloadBytes: number): Uint8Array {
  checkField('payload.length', payloadBytes, CYNC_PAYLOAD_BYTES_MAX)
  const packet = new Uint8Array(CYNC_HEADER_BYTES + payloadBytes)
  writeHeader(packet, header)
  return packet
}

function writeHeader(packet: Uint8Array, header: number): void {
  const payloadBytes = packet.length - CYNC_HEADER_BYTES
  packet[0] = header
  packet[3] = payloadBytes >>> 8
  packet[4] = payloadBytes
}

function encodeLogin(header: number, login: DeviceLogin | AppLogin, id: number, trailing: Uint8Array): Uint8Array {
  const { protocolVersion, auth, flags, keepAliveSeconds } = login
  const authBytes = latin1('auth', auth)
  return encodeFields(
    header,
    [u8('protocolVersion', protocolVersion), u32('id', id), u16('auth.length', authBytes.length)],
    Buffer.concat([
      authBytes,
      encodeFields(0, [u8('flags', flags), u16('keepAliveSeconds', keepAliveSeconds)]).subarray(CYNC_HEADER_BYTES),
      trailing,
    ]),
  )
}

function encodeSync({ deviceId, messageId, flags, entries, trailing }: Sync): Uint8Array {
  checkField('trailing.length', trailing.length, SYNC_TRAILING_BYTES_MAX)
  const fields = [u32('deviceId', deviceId), u16('messageId', messageId), u8('flags', flags)]
  const packet = newPacket(0x43, 7 + syncEntriesBytes(entries) + trailing.length)
  const start = writeFields(packet, CYNC_HEADER_BYTES, fields)
  packet.set(trailing, writeSyncEntries(packet, start, entries))
  return packet
}

const FRAME_OFFSET = 12

function encodePipe(header: number, { id, sequence, flag, frame }: Pipe): Uint8Array {
  checkField('id', id, 0xffff_ffff)
  checkField('sequence', sequence, 0xffff)
  checkField('flag', flag, 0xff)
  const packet = encodeCyncFrame(frame, FRAME_OFFSET)
  writeHeader(packet, header)
  packet[5] = id >>> 24
  packet[6] = id >>> 16
  packet[7] = id >>> 8
  packet[8] = id
  packet[9] = sequence >>> 8
  packet[10] = sequence
  packet[11] = flag
  return packet
}

function encodeProbeReply(packet: ProbeReply): Uint8Array {
  const { origin, status, flags, name, trailing } = packet
  const fields = [...address(packet), u8('status', status), u8('flags', flags)]
  if (origin === 'server' && name === '' && trailing.length === 0) return encodeFields(0xa8, fields)
  const nameBytes = latin1('name', name)
  const header = origin === 'peer' ? 0xab : 0xa8
  return encodeFields(header, [...fields, u16('name.length', nameBytes.length)], Buffer.concat([nameBytes, trailing]))
}

/** What follows the name in the reply of a real device: zeros up to the length that all of these have. */
export function probeReplyFill(name: string): Uint8Array {
  return new Uint8Array(Math.max(0, PROBE_REPLY_BYTES - 10 - name.length))
}

const SUB_TYPE_TIME = 0x0d
const OFFSET_MAX = 1_459

function encodeTime(time: Time): Uint8Array {
  const { year, month, day, weekday, hour, minute, second, utcOffset } = time
  checkField('month', month, 12, 1)
  checkField('day', day, 31, 1)
  checkField('weekday', weekday, 7, 1)
  checkField('hour', hour, 23)
  checkField('minute', minute, 59)
  // A leap second.
  checkField('second', second, 60)
  checkField('utcOffset', utcOffset, OFFSET_MAX, -OFFSET_MAX)
  const small = [month, day, weekday, hour, minute, second].map((value): Field => ({ bytes: 1, value }))
  return encodeFields(0xc8, [
    { bytes: 1, value: SUB_TYPE_TIME },
    u16('year', year),
    ...small,
    { bytes: 2, value: utcOffset & 0xffff },
  ])
}

function checkedHeader(header: number): number {
  checkField('header', header, 0xff)
  return header
}

function latin1(name: string, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.toString('latin1') === text) return bytes
  throw new UsageError('invalid-packet', `Cync: ${name} must have characters of one byte, got '${text}'`)
}
