import type { CyncFrame } from './frame.ts'

/**
 * One packet of the Cync protocol as a value. `decodePacket` makes them of bytes, tolerantly; `encodePacket` makes bytes of them,
 * strictly. What no field holds is counted: `problems` of the decoded packet say what was odd.
 *
 * Views (`Uint8Array`) of a decoded packet lie in the bytes that were decoded: valid as long as these are.
 */
export type CyncPacket =
  | DeviceLogin
  | AppLogin
  | LoginReply
  | Sync
  | SyncReply
  | Pipe
  | PipeReply
  | PipeSyncReply
  | Probe
  | ProbeReply
  | TimeRequest
  | Time
  | CloudEvent
  | Ping
  | Pong
  | Disconnect
  | UnknownPacket
  | MalformedPacket

export type CyncPacketType = CyncPacket['type']

/** Who made a reply: a device or an app itself (version 3), or the server in its stead (version 0). */
export type ReplyOrigin = 'peer' | 'server'

/** 0x23, device to server. */
export interface DeviceLogin {
  readonly type: 'device-login'
  readonly protocolVersion: number
  /** u32. */
  readonly deviceId: number
  /** 16 ASCII characters of real devices; a local server accepts any. */
  readonly auth: string
  readonly flags: number
  /** A device that is silent for about three times a third of this is gone. Seconds, u16. */
  readonly keepAliveSeconds: number
}

/** 0x13, or 0x10 of other Xlink products: app to cloud. */
export interface AppLogin {
  readonly type: 'app-login'
  readonly protocolVersion: number
  readonly userId: number
  readonly auth: string
  readonly flags: number
  readonly keepAliveSeconds: number
  /** What the phone app adds; empty for other clients. */
  readonly trailing: Uint8Array
}

/** 0x28 to a device, 0x18 to an app. `status` 0: welcome; 2: wrong key. */
export interface LoginReply {
  readonly type: 'device-login-reply' | 'app-login-reply'
  readonly status: number
  readonly reserved: number
}

/** 0x43, device to server: datapoints. Empty of entries: nothing to report. */
export interface Sync {
  readonly type: 'sync'
  readonly deviceId: number
  /** 0x0101 for every device, so that no reply can be matched to its sync. */
  readonly messageId: number
  readonly flags: number
  readonly entries: readonly SyncEntry[]
  /** At most two bytes that one kind of device appends (type 81); nobody knows what they say. */
  readonly trailing: Uint8Array
}

/** One TLV of a sync. `record` and `outlets` are there where the value is one of these. */
export interface SyncEntry {
  readonly index: number
  /** High four bits of the length word. */
  readonly kind: number
  readonly value: Uint8Array
  readonly record?: MeshRecord
  readonly outlets?: OutletRecord
}

/** State of one device of the mesh, as a controller reports it in a sync (16 bytes). */
export interface MeshRecord {
  readonly meshAddress: number
  readonly isOn: boolean
  /** 0 to 100. */
  readonly brightness: number
  /** 0 to 100: white temperature; 0xfe: colour; 0xff: the device has neither. */
  readonly colorMode: number
  readonly rgb: readonly [number, number, number]
  /** False: stale, the last state that was known. Never a confirmation. */
  readonly isOnline: boolean
  /** Meaning unknown; 0 for the reporter itself. */
  readonly origin: number
  readonly reporterAddress: number
}

/** State of a plug with two outlets, as it reports itself in a sync (7 bytes). */
export interface OutletRecord {
  readonly meshAddress: number
  readonly isOn: boolean
  /** 1: left; 2: right; 3: both. */
  readonly outletMask: number
}

/** 0x48, server to device. */
export interface SyncReply {
  readonly type: 'sync-reply'
  readonly messageId: number
  readonly status: number
}

/** 0x73 (`pipe`, to somebody) and 0x83 (`pipe-sync`, to all): an inner frame. */
export interface Pipe {
  readonly type: 'pipe' | 'pipe-sync'
  /** The device's own id in what it announces; in a 0x73 whatever the asker put there. u32. */
  readonly id: number
  /** Outer sequence. u16. */
  readonly sequence: number
  /** Always 0 where it was seen. */
  readonly flag: number
  readonly frame: CyncFrame
}

/** 0x7b of a peer, 0x78 of the server: the pipe with this id and sequence has arrived, or has not been taken. */
export interface PipeReply {
  readonly type: 'pipe-reply'
  readonly origin: ReplyOrigin
  readonly id: number
  readonly sequence: number
  readonly status: number
}

/** 0x88, server to device. */
export interface PipeSyncReply {
  readonly type: 'pipe-sync-reply'
  readonly sequence: number
  readonly status: number
}

/** 0xa3, server or app to device. */
export interface Probe {
  readonly type: 'probe'
  readonly id: number
  readonly sequence: number
  readonly flags: number
  /** One more byte that some senders add; empty otherwise. */
  readonly trailing: Uint8Array
}

/** 0xab of the device (1,024 bytes, filled up with zeros), 0xa8 of the server. */
export interface ProbeReply {
  readonly type: 'probe-reply'
  readonly origin: ReplyOrigin
  readonly id: number
  readonly sequence: number
  readonly status: number
  readonly flags: number
  /** Empty in a server's reply. */
  readonly name: string
  /** What follows the name: zeros, but for what a device had in its buffer. */
  readonly trailing: Uint8Array
}

/** 0xc3 with 0x0c. */
export interface TimeRequest {
  readonly type: 'time-request'
}

/** 0xc8 with 0x0d: the local time of the home, or of the cloud. */
export interface Time {
  readonly type: 'time'
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** Sunday is 1. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** As a decimal ±HHMM: -500 is five hours behind. */
  readonly utcOffset: number
}

/** 0xc3 with another sub-type, such as 0x0a: an event of the cloud, passed on as it is. */
export interface CloudEvent {
  readonly type: 'cloud-event'
  readonly subType: number
  readonly data: Uint8Array
}

/** 0xd3. */
export interface Ping {
  readonly type: 'ping'
}

/** 0xd8. */
export interface Pong {
  readonly type: 'pong'
}

/** 0xe3 of a client, 0xe0 of a server: the session is dead. Reason 3: the same device or account logged in elsewhere. */
export interface Disconnect {
  readonly type: 'disconnect'
  readonly from: 'client' | 'server'
  readonly reason: number
}

/** A type that the protocol has, or may have, and nobody here understands. Skipped by its length, counted. */
export interface UnknownPacket {
  readonly type: 'unknown'
  readonly header: number
  readonly payload: Uint8Array
}

/** A known type whose payload is not what it must be. */
export interface MalformedPacket {
  readonly type: 'malformed'
  readonly header: number
  readonly payload: Uint8Array
}
