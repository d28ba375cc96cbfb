import { UsageError } from 'troupe'
import type { CombinedCommand, CyncCommand, CyncTarget } from './command.ts'
import type { CyncFrame } from './frame.ts'
import { checkField, cyncFrame } from './frame-codec.ts'
import { lightShowOf, lightShowPair, lightShows } from './light-show.ts'
import { destinationOf, encodeRelay, type Relay } from './relay.ts'

const POWER = 0xd0
const BRIGHTNESS = 0xd2
const COLOR = 0xe2
const COMBINED = 0xf0
export const MESH_QUERY = 0x52
const AFTER_MESH_QUERY = 0xaf
const SESSION_END = 0xea

/** First parameter of `COLOR`: what follows. */
const RGB = 0x04
const WHITE = 0x05
const LIGHT_SHOW = 0x07
const FADE = 0x08

const KEEP = 0xff
const USE_RGB = 0xfe
const PERCENT_MAX = 100
const FADE_STEPS = 10

const meshQueryData = Object.freeze([0, 0, 0xff, 0xff, 0, 0])
const afterMeshQueryData = Object.freeze([0xaf, 0x01])

/**
 * The frame of a command. `target` is for those that are passed on in the mesh; the others go to the controller itself and need none.
 * Throws `UsageError` (`invalid-packet`) naming value and limit.
 * @param sequence the inner one, which the answer repeats: a fresh one for each attempt. u32
 * @param relayId u24; newer apps take one more than the sequence. Devices do not look at it.
 */
export function encodeCommand(
  command: CyncCommand,
  target: CyncTarget | undefined,
  sequence: number,
  relayId: number = sequence & 0xff_ffff,
): CyncFrame {
  checkField('sequence', sequence, 0xffff_ffff)
  switch (command.kind) {
    case 'mesh-query':
      return cyncFrame('request', sequence, MESH_QUERY, Uint8Array.from(meshQueryData))
    case 'after-mesh-query':
      return cyncFrame('request', sequence, AFTER_MESH_QUERY, Uint8Array.from(afterMeshQueryData))
    case 'session-end':
      return cyncFrame('request', sequence, SESSION_END, new Uint8Array(0))
    default: {
      if (target === undefined) {
        throw new UsageError('invalid-packet', `Cync: a command '${command.kind}' needs a target, got undefined`)
      }
      const { command: byte, opcode, parameters } = relayed(command)
      checkField('command', byte, 0xff)
      const data = encodeRelay({ relayId, destination: destinationOf(target), opcode, parameters })
      return cyncFrame('request', sequence, byte, data)
    }
  }
}

interface Relayed {
  readonly command: number
  readonly opcode: number
  readonly parameters: Uint8Array
}

function relayed(command: Exclude<CyncCommand, { kind: 'mesh-query' | 'after-mesh-query' | 'session-end' }>): Relayed {
  switch (command.kind) {
    case 'power':
      return own(POWER, [+command.isOn, 0, 0])
    case 'brightness':
      checkField('brightness', command.brightness, PERCENT_MAX, 1)
      return own(BRIGHTNESS, [command.brightness])
    case 'white':
      checkField('temperature', command.temperature, PERCENT_MAX)
      return own(COLOR, [WHITE, command.temperature])
    case 'rgb':
      return own(COLOR, [RGB, ...checkedRgb(command.rgb)])
    case 'combined':
      return own(COMBINED, combinedParameters(command))
    case 'light-show': {
      const pair = lightShowPair(command.show)
      if (pair !== undefined) return own(COLOR, [LIGHT_SHOW, 0x01, ...pair])
      throw new UsageError(
        'invalid-packet',
        `Cync: show must be one of ${lightShows.join(', ')}, got '${command.show}'`,
      )
    }
    case 'fade':
      return own(COLOR, fadeParameters(command.brightness, command.durationMs))
    case 'relay':
      return command
    default: {
      const { kind } = command as { readonly kind: unknown }
      throw new UsageError('invalid-packet', `Cync: there is no command of kind '${String(kind)}'`)
    }
  }
}

function own(command: number, parameters: readonly number[]): Relayed {
  return { command, opcode: command, parameters: Uint8Array.from(parameters) }
}

function checkedRgb(rgb: readonly [number, number, number]): readonly [number, number, number] {
  checkField('rgb.length', rgb.length, 3, 3)
  for (const [index, value] of rgb.entries()) checkField(`rgb[${index}]`, value, 0xff)
  return rgb
}

function combinedParameters({ isOn, brightness, color }: CombinedCommand): number[] {
  if (brightness !== undefined) checkField('brightness', brightness, PERCENT_MAX)
  const start = [+isOn, brightness ?? KEEP]
  if (color === undefined) return [...start, KEEP, KEEP, KEEP, KEEP]
  if ('rgb' in color) return [...start, USE_RGB, ...checkedRgb(color.rgb)]
  checkField('color.white', color.white, PERCENT_MAX)
  return [...start, color.white, 0, 0, 0]
}

function fadeParameters(brightness: number, durationMs: number): number[] {
  const steps = Math.round(brightness * FADE_STEPS)
  if (!(brightness >= 0 && brightness <= PERCENT_MAX && Math.abs(steps - brightness * FADE_STEPS) < 1e-6)) {
    throw new UsageError(
      'invalid-packet',
      `Cync: brightness must be from 0 to ${PERCENT_MAX} in steps of 0.1, got ${brightness}`,
    )
  }
  checkField('durationMs', durationMs, 0xffff)
  return [FADE, steps >> 8, steps & 0xff, durationMs >> 8, durationMs & 0xff]
}

/** The command in a frame of direction `request`. Undefined for a frame that holds none. `relay` is there where it is passed on. */
export function decodeCommand(frame: CyncFrame, relay: Relay | undefined): CyncCommand | undefined {
  if (relay !== undefined) return decodeRelayed(frame.command, relay)
  const { command, data } = frame
  if (command === MESH_QUERY && isSame(data, meshQueryData)) return { kind: 'mesh-query' }
  if (command === AFTER_MESH_QUERY && isSame(data, afterMeshQueryData)) return { kind: 'after-mesh-query' }
  if (command === SESSION_END && data.length === 0) return { kind: 'session-end' }
  return undefined
}

/** One that is not exactly as it would be encoded is a `relay`, so that nothing of it is lost. */
function decodeRelayed(command: number, { opcode, parameters }: Relay): CyncCommand {
  const known = command === opcode ? decodeKnown(command, parameters) : undefined
  return known ?? { kind: 'relay', command, opcode, parameters }
}

function decodeKnown(command: number, bytes: Uint8Array): CyncCommand | undefined {
  switch (command) {
    case POWER:
      return bytes.length === 3 && bytes[0]! <= 1 && bytes[1] === 0 && bytes[2] === 0
        ? { kind: 'power', isOn: bytes[0] === 1 }
        : undefined
    case BRIGHTNESS:
      return bytes.length === 1 && bytes[0]! >= 1 && bytes[0]! <= PERCENT_MAX
        ? { kind: 'brightness', brightness: bytes[0]! }
        : undefined
    case COLOR:
      return decodeColor(bytes)
    case COMBINED:
      return decodeCombined(bytes)
    default:
      return undefined
  }
}

function decodeColor(bytes: Uint8Array): CyncCommand | undefined {
  const [what, first, second, third, fourth] = bytes
  if (what === WHITE && bytes.length === 2 && first! <= PERCENT_MAX) return { kind: 'white', temperature: first! }
  if (what === RGB && bytes.length === 4) return { kind: 'rgb', rgb: [first!, second!, third!] }
  if (what === LIGHT_SHOW && bytes.length === 4 && first === 1) {
    const show = lightShowOf(second!, third!)
    return show && { kind: 'light-show', show }
  }
  if (what !== FADE || bytes.length !== 5) return undefined
  const steps = (first! << 8) | second!
  if (steps > PERCENT_MAX * FADE_STEPS) return undefined
  return { kind: 'fade', brightness: steps / FADE_STEPS, durationMs: (third! << 8) | fourth! }
}

function decodeCombined(bytes: Uint8Array): CyncCommand | undefined {
  const [on, brightness, mode, red, green, blue] = bytes
  if (bytes.length !== 6 || on! > 1 || !(brightness! <= PERCENT_MAX || brightness === KEEP)) return undefined
  const start = { kind: 'combined', isOn: on === 1, ...(brightness !== KEEP && { brightness: brightness! }) } as const
  const unused = mode === KEEP ? KEEP : 0
  if (mode === USE_RGB) return { ...start, color: { rgb: [red!, green!, blue!] } }
  if (red !== unused || green !== unused || blue !== unused) return undefined
  if (mode === KEEP) return start
  return mode! <= PERCENT_MAX ? { ...start, color: { white: mode! } } : undefined
}

function isSame(bytes: Uint8Array, wanted: readonly number[]): boolean {
  return bytes.length === wanted.length && wanted.every((byte, index) => bytes[index] === byte)
}
