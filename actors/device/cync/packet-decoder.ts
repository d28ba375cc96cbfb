import { decodeCyncFrame } from './frame-codec.ts'
import type { AppLogin, CyncPacket, DeviceLogin, Pipe, ProbeReply } from './packet.ts'
import { CYNC_HEADER_BYTES, kindOf, PEER_VERSION, SERVER_VERSION, versionOf } from './packet-header.ts'
import { type CyncProblem, latin1, Payload, u16, u32, view } from './packet-payload.ts'
import { decodeSyncEntries, SYNC_ENTRIES_OFFSET, SYNC_TRAILING_BYTES_MAX } from './sync-entries.ts'

export interface DecodedPacket {
  readonly packet: CyncPacket
  /** Empty for nearly all. */
  readonly problems: readonly CyncProblem[]
}

const noBytes = new Uint8Array(0)

/** What a decoder of one type answers: undefined for what is malformed. It notes everything else. */
type Decoder = (payload: Payload) => CyncPacket | undefined

/**
 * A whole packet with its header as a value. Never throws: what cannot be understood is `unknown` or `malformed`, what is odd stands in
 * `problems`. Views in the value lie in `bytes`.
 */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  const payload = new Payload(bytes)
  return { packet: decode(payload), problems: payload.problems }
}

function decode(payload: Payload): CyncPacket {
  const { bytes, header, end } = payload
  if (end !== bytes.length) payload.note('wrong-length')
  if (end > bytes.length) return malformed(payload)
  const decoder = decoders[kindOf(header) >> 3]
  if (decoder !== undefined) return decoder(payload) ?? malformed(payload)
  payload.note('unknown-type')
  return { type: 'unknown', header, payload: payload.rest }
}

function malformed(payload: Payload): CyncPacket {
  payload.note('malformed')
  return { type: 'malformed', header: payload.header, payload: payload.rest }
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

function decodeDeviceLogin(payload: Payload): DeviceLogin | undefined {
  const { end } = payload
  const login = loginFields(payload)
  if (login === undefined) return undefined
  payload.checkVersion(PEER_VERSION)
  if (login.end !== end) payload.note('trailing-bytes')
  const { protocolVersion, id: deviceId, auth, flags, keepAliveSeconds } = login
  return { type: 'device-login', protocolVersion, deviceId, auth, flags, keepAliveSeconds }
}

function decodeAppLogin(payload: Payload): AppLogin | undefined {
  const login = loginFields(payload)
  if (login === undefined) return undefined
  payload.checkVersion(PEER_VERSION)
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

function decodeLoginReply(payload: Payload): CyncPacket | undefined {
  const { bytes, header, end } = payload
  if (end < 6) return undefined
  payload.checkVersion(SERVER_VERSION)
  payload.checkEnd(7)
  const type = header >> 4 === 1 ? 'app-login-reply' : 'device-login-reply'
  return { type, status: bytes[5]!, reserved: end > 6 ? bytes[6]! : 0 }
}

function decodeSync(payload: Payload): CyncPacket | undefined {
  const { bytes, end } = payload
  if (end < 12) return undefined
  payload.checkVersion(PEER_VERSION)
  const { entries, end: entriesEnd } = decodeSyncEntries(bytes, SYNC_ENTRIES_OFFSET, end)
  if (end - entriesEnd > SYNC_TRAILING_BYTES_MAX) payload.note('broken-entry')
  else if (end !== entriesEnd) payload.note('trailing-bytes')
  return {
    type: 'sync',
    deviceId: u32(bytes, 5),
    messageId: u16(bytes, 9),
    flags: bytes[11]!,
    entries,
    trailing: end === entriesEnd ? noBytes : view(bytes, entriesEnd, end),
  }
}

function decodeSyncReply(payload: Payload): CyncPacket | undefined {
  const { bytes, end } = payload
  if (end < 8) return undefined
  payload.checkVersion(SERVER_VERSION)
  payload.checkEnd(8)
  return { type: 'sync-reply', messageId: u16(bytes, 5), status: bytes[7]! }
}

const FRAME_OFFSET = 12

function decodePipe(payload: Payload): Pipe | undefined {
  const { bytes, header, end } = payload
  const frame = end > FRAME_OFFSET ? decodeCyncFrame(bytes, FRAME_OFFSET, end) : undefined
  if (frame === undefined) return undefined
  payload.checkVersion(PEER_VERSION)
  if (!frame.isChecksumGood) payload.note('wrong-checksum')
  if (!frame.isStuffed) payload.note('not-escaped')
  if (frame.leadByte === 0) payload.note('zero-lead-byte')
  return {
    type: header >> 4 === 7 ? 'pipe' : 'pipe-sync',
    id: u32(bytes, 5),
    sequence: u16(bytes, 9),
    flag: bytes[11]!,
    frame,
  }
}

function decodePipeReply(payload: Payload): CyncPacket | undefined {
  const { bytes, header, end } = payload
  if (end < 12) return undefined
  payload.checkEnd(12)
  return {
    type: 'pipe-reply',
    origin: originOf(header),
    id: u32(bytes, 5),
    sequence: u16(bytes, 9),
    status: bytes[11]!,
  }
}

function decodePipeSyncReply(payload: Payload): CyncPacket | undefined {
  const { bytes, end } = payload
  if (end < 8) return undefined
  payload.checkVersion(SERVER_VERSION)
  payload.checkEnd(8)
  return { type: 'pipe-sync-reply', sequence: u16(bytes, 5), status: bytes[7]! }
}

function decodeProbe(payload: Payload): CyncPacket | undefined {
  const { bytes, end } = payload
  if (end < 12) return undefined
  payload.checkVersion(PEER_VERSION)
  if (end > 13) payload.note('trailing-bytes')
  const trailing = end === 12 ? noBytes : view(bytes, 12, end)
  return { type: 'probe', id: u32(bytes, 5), sequence: u16(bytes, 9), flags: bytes[11]!, trailing }
}

function decodeProbeReply(payload: Payload): ProbeReply | undefined {
  const { bytes, header, end } = payload
  if (end < 12) return undefined
  const nameEnd = end < 15 ? 13 : 15 + u16(bytes, 13)
  const hasName = end >= 15 && nameEnd <= end
  if (end >= 15 && !hasName) payload.note('broken-name')
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

function decodeEvent(payload: Payload): CyncPacket | undefined {
  const { bytes, header, end } = payload
  if (end < 6) return undefined
  const subType = bytes[5]!
  if (subType === ASK_TIME) {
    if (header !== 0xc3) payload.note('unusual-header')
    payload.checkEnd(6)
    return { type: 'time-request' }
  }
  if (subType !== TELL_TIME) return { type: 'cloud-event', subType, data: view(bytes, 6, end) }
  if (end < TIME_END) return undefined
  if (header !== 0xc8) payload.note('unusual-header')
  payload.checkEnd(TIME_END)
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

function decodePing(payload: Payload): CyncPacket {
  const { header } = payload
  const isPing = kindOf(header) === 0xd0
  payload.checkVersion(isPing ? PEER_VERSION : SERVER_VERSION)
  payload.checkEnd(CYNC_HEADER_BYTES)
  return isPing ? ping : pong
}

function decodeDisconnect(payload: Payload): CyncPacket | undefined {
  const { bytes, header, end } = payload
  if (end < 6) return undefined
  payload.checkEnd(6)
  return { type: 'disconnect', from: versionOf(header) === SERVER_VERSION ? 'server' : 'client', reason: bytes[5]! }
}

function originOf(header: number): 'peer' | 'server' {
  return versionOf(header) === SERVER_VERSION ? 'server' : 'peer'
}
