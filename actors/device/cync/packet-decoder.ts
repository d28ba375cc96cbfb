import { decodeCyncFrame } from './frame-codec.ts'
import type { AppLogin, CyncPacket, DeviceLogin, Pipe, ProbeReply } from './packet.ts'
import { CYNC_HEADER_BYTES, kindOf, PEER_VERSION, payloadLength, SERVER_VERSION, versionOf } from './packet-header.ts'
import { decodeSyncEntries, SYNC_TRAILING_BYTES_MAX } from './sync-entries.ts'

/**
 * What may be odd about a packet:
 * - `wrong-length`: the header announces more or fewer bytes than there are
 * - `unknown-type`: nobody here understands this type
 * - `malformed`: of a known type, with a payload that is too short or has no frame
 * - `unusual-header`: the version is not the one that packets of this type have
 * - `trailing-bytes`: more payload than such a packet has
 * - `broken-entry`: a datapoint that is longer than the packet; it and what follows is in `trailing`
 * - `broken-name`: the name of a probe reply is longer than the packet; it is in `trailing`
 * - `wrong-checksum`, `not-escaped`, `zero-lead-byte`: deviations of some firmware in the frame; its content is good
 */
export type CyncProblem =
  | 'wrong-length'
  | 'unknown-type'
  | 'malformed'
  | 'unusual-header'
  | 'trailing-bytes'
  | 'broken-entry'
  | 'broken-name'
  | 'wrong-checksum'
  | 'not-escaped'
  | 'zero-lead-byte'

export interface DecodedPacket {
  readonly packet: CyncPacket
  /** Empty for nearly all. */
  readonly problems: readonly CyncProblem[]
}

const noProblems: readonly CyncProblem[] = Object.freeze([])
const noBytes = new Uint8Array(0)

/** One packet: where its payload ends is not always where `bytes` do. */
interface Payload {
  readonly bytes: Uint8Array
  readonly header: number
  readonly end: number
}

/** What a decoder of one type answers: undefined for what is malformed. It notes everything else. */
type Decoder = (payload: Payload, note: (problem: CyncProblem) => void) => CyncPacket | undefined

/**
 * A whole packet with its header as a value. Never throws: what cannot be understood is `unknown` or `malformed`, what is odd stands in
 * `problems`. Views in the value lie in `bytes`.
 */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  let problems: CyncProblem[] | undefined
  const note = (problem: CyncProblem): void => {
    problems ??= []
    problems.push(problem)
  }
  const packet = decode(bytes, note)
  return { packet, problems: problems ?? noProblems }
}

function decode(bytes: Uint8Array, note: (problem: CyncProblem) => void): CyncPacket {
  const header = bytes[0] ?? 0
  const end = bytes.length < CYNC_HEADER_BYTES ? 0 : CYNC_HEADER_BYTES + payloadLength(bytes, 0)
  if (end !== bytes.length) note('wrong-length')
  if (end === 0 || end > bytes.length)
    return malformed(header, view(bytes, Math.min(5, bytes.length), bytes.length), note)
  const decoder = decoders[kindOf(header) >> 3]
  const payload = { bytes, header, end }
  if (decoder === undefined) {
    note('unknown-type')
    return { type: 'unknown', header, payload: view(bytes, CYNC_HEADER_BYTES, end) }
  }
  return decoder(payload, note) ?? malformed(header, view(bytes, CYNC_HEADER_BYTES, end), note)
}

function malformed(header: number, payload: Uint8Array, note: (problem: CyncProblem) => void): CyncPacket {
  note('malformed')
  return { type: 'malformed', header, payload }
}

/** By type and response bit. */
const decoders: readonly (Decoder | undefined)[] = Object.freeze(
  Array.from({ length: 32 }, (_, kind): Decoder | undefined => {
    switch (kind << 3) {
      case 0x10:
        return decodeAppLogin
      case 0x20:
        return decodeDeviceLogin
      case 0x18:
      case 0x28:
        return decodeLoginReply
      case 0x40:
        return decodeSync
      case 0x48:
        return decodeSyncReply
      case 0x70:
      case 0x80:
        return decodePipe
      case 0x78:
        return decodePipeReply
      case 0x88:
        return decodePipeSyncReply
      case 0xa0:
        return decodeProbe
      case 0xa8:
        return decodeProbeReply
      case 0xc0:
      case 0xc8:
        return decodeEvent
      case 0xd0:
      case 0xd8:
        return decodePing
      case 0xe0:
        return decodeDisconnect
      default:
        return undefined
    }
  }),
)

/** Of both logins. */
const AUTH_OFFSET = 12
const AFTER_AUTH_BYTES = 3

function decodeDeviceLogin(payload: Payload, note: (problem: CyncProblem) => void): DeviceLogin | undefined {
  const { header, end } = payload
  const login = loginFields(payload)
  if (login === undefined) return undefined
  checkVersion(header, PEER_VERSION, note)
  if (login.end !== end) note('trailing-bytes')
  const { protocolVersion, id: deviceId, auth, flags, keepAliveSeconds } = login
  return { type: 'device-login', protocolVersion, deviceId, auth, flags, keepAliveSeconds }
}

function decodeAppLogin(payload: Payload, note: (problem: CyncProblem) => void): AppLogin | undefined {
  const login = loginFields(payload)
  if (login === undefined) return undefined
  checkVersion(payload.header, PEER_VERSION, note)
  const { protocolVersion, id: userId, auth, flags, keepAliveSeconds } = login
  const trailing = view(payload.bytes, login.end, payload.end)
  return { type: 'app-login', protocolVersion, userId, auth, flags, keepAliveSeconds, trailing }
}

function loginFields({ bytes, end }: Payload) {
  if (end < AUTH_OFFSET + AFTER_AUTH_BYTES) return undefined
  const authEnd = AUTH_OFFSET + u16(bytes, 10)
  if (authEnd + AFTER_AUTH_BYTES > end) return undefined
  return {
    protocolVersion: bytes[5]!,
    id: u32(bytes, 6),
    auth: latin1(bytes, AUTH_OFFSET, authEnd),
    flags: bytes[authEnd]!,
    keepAliveSeconds: u16(bytes, authEnd + 1),
    end: authEnd + AFTER_AUTH_BYTES,
  }
}

function decodeLoginReply(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): CyncPacket | undefined {
  if (end < 6) return undefined
  checkVersion(header, SERVER_VERSION, note)
  checkEnd(end, 7, note)
  const type = header >> 4 === 1 ? 'app-login-reply' : 'device-login-reply'
  return { type, status: bytes[5]!, reserved: end > 6 ? bytes[6]! : 0 }
}

function decodeSync({ bytes, header, end }: Payload, note: (problem: CyncProblem) => void): CyncPacket | undefined {
  if (end < 12) return undefined
  checkVersion(header, PEER_VERSION, note)
  const { entries, end: entriesEnd } = decodeSyncEntries(bytes, 12, end)
  if (end - entriesEnd > SYNC_TRAILING_BYTES_MAX) note('broken-entry')
  else if (end !== entriesEnd) note('trailing-bytes')
  return {
    type: 'sync',
    deviceId: u32(bytes, 5),
    messageId: u16(bytes, 9),
    flags: bytes[11]!,
    entries,
    trailing: end === entriesEnd ? noBytes : view(bytes, entriesEnd, end),
  }
}

function decodeSyncReply(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): CyncPacket | undefined {
  if (end < 8) return undefined
  checkVersion(header, SERVER_VERSION, note)
  checkEnd(end, 8, note)
  return { type: 'sync-reply', messageId: u16(bytes, 5), status: bytes[7]! }
}

const FRAME_OFFSET = 12

function decodePipe({ bytes, header, end }: Payload, note: (problem: CyncProblem) => void): Pipe | undefined {
  const frame = end > FRAME_OFFSET ? decodeCyncFrame(bytes, FRAME_OFFSET, end) : undefined
  if (frame === undefined) return undefined
  checkVersion(header, PEER_VERSION, note)
  if (!frame.isChecksumGood) note('wrong-checksum')
  if (!frame.isStuffed) note('not-escaped')
  if (frame.leadByte === 0) note('zero-lead-byte')
  return {
    type: header >> 4 === 7 ? 'pipe' : 'pipe-sync',
    id: u32(bytes, 5),
    sequence: u16(bytes, 9),
    flag: bytes[11]!,
    frame,
  }
}

function decodePipeReply(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): CyncPacket | undefined {
  if (end < 12) return undefined
  checkEnd(end, 12, note)
  return {
    type: 'pipe-reply',
    origin: originOf(header),
    id: u32(bytes, 5),
    sequence: u16(bytes, 9),
    status: bytes[11]!,
  }
}

function decodePipeSyncReply(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): CyncPacket | undefined {
  if (end < 8) return undefined
  checkVersion(header, SERVER_VERSION, note)
  checkEnd(end, 8, note)
  return { type: 'pipe-sync-reply', sequence: u16(bytes, 5), status: bytes[7]! }
}

function decodeProbe({ bytes, header, end }: Payload, note: (problem: CyncProblem) => void): CyncPacket | undefined {
  if (end < 12) return undefined
  checkVersion(header, PEER_VERSION, note)
  if (end > 13) note('trailing-bytes')
  const trailing = end === 12 ? noBytes : view(bytes, 12, end)
  return { type: 'probe', id: u32(bytes, 5), sequence: u16(bytes, 9), flags: bytes[11]!, trailing }
}

function decodeProbeReply(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): ProbeReply | undefined {
  if (end < 12) return undefined
  const nameEnd = end < 15 ? 13 : 15 + u16(bytes, 13)
  const hasName = end >= 15 && nameEnd <= end
  if (end >= 15 && !hasName) note('broken-name')
  const rest = hasName ? nameEnd : Math.min(13, end)
  return {
    type: 'probe-reply',
    origin: originOf(header),
    id: u32(bytes, 5),
    sequence: u16(bytes, 9),
    status: bytes[11]!,
    flags: end > 12 ? bytes[12]! : 0,
    name: hasName ? latin1(bytes, 15, nameEnd) : '',
    trailing: rest === end ? noBytes : view(bytes, rest, end),
  }
}

const ASK_TIME = 0x0c
const TELL_TIME = 0x0d
const TIME_END = 16

function decodeEvent({ bytes, header, end }: Payload, note: (problem: CyncProblem) => void): CyncPacket | undefined {
  if (end < 6) return undefined
  const subType = bytes[5]!
  if (subType === ASK_TIME) {
    if (header !== 0xc3) note('unusual-header')
    checkEnd(end, 6, note)
    return { type: 'time-request' }
  }
  if (subType !== TELL_TIME) return { type: 'cloud-event', subType, data: view(bytes, 6, end) }
  if (end < TIME_END) return undefined
  if (header !== 0xc8) note('unusual-header')
  checkEnd(end, TIME_END, note)
  return {
    type: 'time',
    year: u16(bytes, 6),
    month: bytes[8]!,
    day: bytes[9]!,
    weekday: bytes[10]!,
    hour: bytes[11]!,
    minute: bytes[12]!,
    second: bytes[13]!,
    utcOffset: (u16(bytes, 14) << 16) >> 16,
  }
}

const ping: CyncPacket = Object.freeze({ type: 'ping' })
const pong: CyncPacket = Object.freeze({ type: 'pong' })

function decodePing({ header, end }: Payload, note: (problem: CyncProblem) => void): CyncPacket {
  const isPing = kindOf(header) === 0xd0
  checkVersion(header, isPing ? PEER_VERSION : SERVER_VERSION, note)
  checkEnd(end, CYNC_HEADER_BYTES, note)
  return isPing ? ping : pong
}

function decodeDisconnect(
  { bytes, header, end }: Payload,
  note: (problem: CyncProblem) => void,
): CyncPacket | undefined {
  if (end < 6) return undefined
  checkEnd(end, 6, note)
  return { type: 'disconnect', from: versionOf(header) === SERVER_VERSION ? 'server' : 'client', reason: bytes[5]! }
}

function originOf(header: number): 'peer' | 'server' {
  return versionOf(header) === SERVER_VERSION ? 'server' : 'peer'
}

function checkVersion(header: number, version: number, note: (problem: CyncProblem) => void): void {
  if (versionOf(header) !== version) note('unusual-header')
}

function checkEnd(end: number, wanted: number, note: (problem: CyncProblem) => void): void {
  if (end > wanted) note('trailing-bytes')
}

function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

function u32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
}

function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

/** One character a byte, so that none is lost. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
