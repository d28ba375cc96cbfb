import { checkField } from './frame-codec.ts'
import { VENDOR_HIGH, VENDOR_LOW } from './relay.ts'

/**   What a controller passes on from the mesh, all numbers little-endian:
 *    byte    field        meaning
 *    0       serial       u24
 *    3       source       u16: mesh address, and outlet in the high byte
 *    5       destination  u16
 *    7       opcode       db: state; ea: activity
 *    8       vendor       11 02
 *    10      parameters   state: online, on, brightness, colour mode, red, green, blue, 0, 0 */
const HEADER_BYTES = 10
const STATE_BYTES = 19
export const STATE = 0xdb
const ACTIVITY = 0xea

/** What every announcement of the mesh begins with. */
export interface Notice {
  /** u24. */
  readonly serial: number
  /** Mesh address; the outlet in the high byte. u16. */
  readonly source: number
  readonly destination: number
  readonly opcode: number
  readonly parameters: Uint8Array
}

/** Undefined for data of another kind. */
export function decodeNotice(data: Uint8Array): Notice | undefined {
  if (data.length < HEADER_BYTES || data[8] !== VENDOR_LOW || data[9] !== VENDOR_HIGH) return undefined
  return {
    serial: data[0]! | (data[1]! << 8) | (data[2]! << 16),
    source: data[3]! | (data[4]! << 8),
    destination: data[5]! | (data[6]! << 8),
    opcode: data[7]!,
    parameters: data.subarray(HEADER_BYTES),
  }
}

/** Throws `UsageError` (`invalid-packet`). */
export function encodeNotice({ serial, source, destination, opcode, parameters }: Notice): Uint8Array {
  checkField('serial', serial, 0xff_ffff)
  checkField('source', source, 0xffff)
  checkField('destination', destination, 0xffff)
  checkField('opcode', opcode, 0xff)
  const data = new Uint8Array(HEADER_BYTES + parameters.length)
  data.set([serial, serial >> 8, serial >> 16, source, source >> 8, destination, destination >> 8])
  data.set([opcode, VENDOR_LOW, VENDOR_HIGH], 7)
  data.set(parameters, HEADER_BYTES)
  return data
}

/** The new state of one device. Every controller that hears the mesh announces it: one change comes several times. */
export interface StateNotice {
  readonly meshAddress: number
  /** Outlet, from 1 on; 0 for the whole device. */
  readonly subElement: number
  readonly isOnline: boolean
  readonly isOn: boolean
  /** 0 to 100; also for one that is off. */
  readonly brightness: number
  /** 0 to 100: white temperature; 0xfe: colour; 0xff: it has neither. */
  readonly colorMode: number
  readonly rgb: readonly [number, number, number]
}

/** Undefined where the notice is about something else. */
export function stateOf({ source, opcode, parameters }: Notice): StateNotice | undefined {
  if (opcode !== STATE || parameters.length !== STATE_BYTES - HEADER_BYTES) return undefined
  const [online, on, brightness, colorMode, red, green, blue] = parameters
  return {
    meshAddress: source & 0xff,
    subElement: source >> 8,
    isOnline: online !== 0,
    isOn: on !== 0,
    brightness: brightness!,
    colorMode: colorMode!,
    rgb: [red!, green!, blue!],
  }
}

/** Data of the announcement, as the device itself sends it. Throws `UsageError` (`invalid-packet`). */
export function encodeState(state: StateNotice, serial: number): Uint8Array {
  const { meshAddress, subElement, isOnline, isOn, brightness, colorMode, rgb } = state
  for (const [name, value] of Object.entries({ meshAddress, subElement, brightness, colorMode })) {
    checkField(name, value, 0xff)
  }
  for (const value of rgb) checkField('rgb', value, 0xff)
  const source = (subElement << 8) | meshAddress
  const parameters = Uint8Array.of(+isOnline, +isOn, brightness, colorMode, ...rgb, 0, 0)
  return encodeNotice({ serial, source, destination: source, opcode: STATE, parameters })
}

/** Whether the notice is about what goes on in the mesh: answers to passed-on requests, times, modes. */
export function isActivity({ opcode }: Notice): boolean {
  return opcode === ACTIVITY
}

/**   Versions of the firmware, announced once after a login, with command 0 and a lead byte 0:
 *    byte    field     meaning
 *    0       zeros, but for ea at byte 7
 *    11      86 01
 *    13      part      0: network; 1: device
 *    14      version   ASCII, ends with a 0; what follows is left over from others
 *    32      end */
export interface FirmwareNotice {
  readonly part: 'network' | 'device'
  readonly version: string
}

export const FIRMWARE_COMMAND = 0
const FIRMWARE_BYTES = 32
const FIRMWARE_MARK_OFFSET = 11
const VERSION_OFFSET = 14

/** Undefined for data of another kind. */
export function decodeFirmware(data: Uint8Array): FirmwareNotice | undefined {
  if (data.length !== FIRMWARE_BYTES || data[FIRMWARE_MARK_OFFSET] !== 0x86 || data[12] !== 0x01) return undefined
  const part = data[13]!
  if (part > 1) return undefined
  let version = ''
  for (let offset = VERSION_OFFSET; offset < FIRMWARE_BYTES && data[offset] !== 0; offset++) {
    version += String.fromCharCode(data[offset]!)
  }
  return { part: part === 0 ? 'network' : 'device', version }
}

/** Throws `UsageError` (`invalid-packet`) for a version that is longer than 17 characters, or no ASCII. */
export function encodeFirmware({ part, version }: FirmwareNotice): Uint8Array {
  checkField('version.length', version.length, FIRMWARE_BYTES - VERSION_OFFSET - 1)
  const data = new Uint8Array(FIRMWARE_BYTES)
  data[7] = ACTIVITY
  data[FIRMWARE_MARK_OFFSET] = 0x86
  data[12] = 0x01
  data[13] = part === 'network' ? 0 : 1
  for (let index = 0; index < version.length; index++) {
    checkField(`version[${index}]`, version.charCodeAt(index), 0x7f, 1)
    data[VERSION_OFFSET + index] = version.charCodeAt(index)
  }
  return data
}
