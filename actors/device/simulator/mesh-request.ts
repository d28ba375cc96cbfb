import type { LampChange } from './lamp.ts'

/** What a request frame (`f8`) asks of a device, as far as devices understand it. */
export type MeshRequest =
  | { readonly kind: 'change'; readonly destination: number; readonly change: LampChange }
  | { readonly kind: 'states' }
  /** Something for one lamp that changes no light: a switch's mode, a version query. */
  | { readonly kind: 'passthrough'; readonly destination: number; readonly opcode: number; readonly query: number }
  /** Answered with a result and nothing else. */
  | { readonly kind: 'plain' }
  /** Too short, or out of range. */
  | { readonly kind: 'invalid' }

const POWER = 0xd0
const BRIGHTNESS = 0xd2
const COLOR = 0xe2
const COMBINED = 0xf0
const STATES = 0x52
const PASSTHROUGH = 0x8e

/** Relay header: id u24, 00 00, destination u16, opcode, vendor 11 02; what it is about follows. */
const DESTINATION = 5
const OPCODE = 7
const PARAMETERS = 10

const KEEP = 0xff
const MODE_RGB = 0xfe
const PERCENT_MAX = 100
const WHITE_MARK = 0x05
const RGB_MARK = 0x04
const SHOW_MARK = 0x07
const FADE_MARK = 0x08
const SHOWS_MAX = 10
const PERMILLE = 10

const invalid: MeshRequest = { kind: 'invalid' }

/**
 * Reads a request as a device does. It stands apart from the codec that the other side uses, so that a mistake there is not made
 * here as well.
 */
export function readMeshRequest(command: number, data: Uint8Array): MeshRequest {
  switch (command) {
    case POWER:
      return relayed(data, 1, power)
    case BRIGHTNESS:
      return relayed(data, 1, brightness)
    case COLOR:
      return relayed(data, 2, color)
    case COMBINED:
      return relayed(data, 6, combined)
    case STATES:
      return { kind: 'states' }
    case PASSTHROUGH:
      return data.length < PARAMETERS ? invalid : passthrough(data)
    default:
      return { kind: 'plain' }
  }
}

function relayed(
  data: Uint8Array,
  parametersMin: number,
  read: (parameters: Uint8Array) => LampChange | undefined,
): MeshRequest {
  if (data.length < PARAMETERS + parametersMin) return invalid
  const change = read(data.subarray(PARAMETERS))
  return change === undefined ? invalid : { kind: 'change', destination: destinationOf(data), change }
}

function destinationOf(data: Uint8Array): number {
  return data[DESTINATION]! | (data[DESTINATION + 1]! << 8)
}

function passthrough(data: Uint8Array): MeshRequest {
  const query = data[data.length - 1]!
  return { kind: 'passthrough', destination: destinationOf(data), opcode: data[OPCODE]!, query }
}

function power([state]: Uint8Array): LampChange {
  return { isOn: state !== 0 }
}

function brightness([percent]: Uint8Array): LampChange | undefined {
  return percent! > PERCENT_MAX ? undefined : { brightness: percent!, isOn: percent! > 0 }
}

function color(parameters: Uint8Array): LampChange | undefined {
  const [mark, a, b, c] = parameters as unknown as [number, number, number?, number?]
  switch (mark) {
    case WHITE_MARK:
      return a > PERCENT_MAX ? undefined : { whiteTemperature: a }
    case RGB_MARK:
      return b === undefined || c === undefined ? undefined : { rgb: [a, b, c] }
    case SHOW_MARK:
      return a !== 1 || b === undefined || b < 1 || b > SHOWS_MAX ? undefined : { lightShow: b, isOn: true }
    case FADE_MARK:
      return b === undefined ? undefined : { brightness: Math.min(PERCENT_MAX, Math.round(((a << 8) | b) / PERMILLE)) }
    default:
      return undefined
  }
}

function combined([on, percent, mode, red, green, blue]: Uint8Array): LampChange | undefined {
  if (percent !== KEEP && percent! > PERCENT_MAX) return undefined
  if (mode! > PERCENT_MAX && mode !== MODE_RGB && mode !== KEEP) return undefined
  return {
    isOn: on !== 0,
    ...(percent !== KEEP && { brightness: percent! }),
    ...(mode! <= PERCENT_MAX && { whiteTemperature: mode! }),
    ...(mode === MODE_RGB && { rgb: [red!, green!, blue!] as const }),
  }
}
