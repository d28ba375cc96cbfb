import { UsageError } from 'troupe'
import type { CyncCommand } from '../cync/command.ts'
import type { CommandRequest, CommandTarget } from './command-request.ts'

export const ID_LENGTH_MAX = 100
export const TTL_MS_MAX = 86_400_000
const HOME_LENGTH_MAX = 200
const DEVICE_ID_MAX = 0xffff_ffff

/** What a field must be. Ranges of what is sent to devices are not said here, but where it is encoded. */
interface Shape {
  readonly text: string
  readonly fits: (value: unknown) => boolean
}

const number: Shape = { text: 'a number', fits: (value) => typeof value === 'number' }
const flag: Shape = { text: 'true or false', fits: (value) => typeof value === 'boolean' }
const name: Shape = { text: 'a text', fits: (value) => typeof value === 'string' }
const bytes: Shape = { text: 'a Uint8Array', fits: (value) => value instanceof Uint8Array }
const rgb: Shape = { text: 'three numbers', fits: isRgb }
const color: Shape = { text: 'a white or an rgb', fits: isColor }
const deviceId: Shape = { text: `a whole number from 0 to ${DEVICE_ID_MAX}`, fits: isDeviceId }
const home: Shape = {
  text: `a number or a text of at most ${HOME_LENGTH_MAX} characters`,
  fits: (value) => typeof value === 'number' || (typeof value === 'string' && value.length <= HOME_LENGTH_MAX),
}
const id: Shape = {
  text: `a text of 1 to ${ID_LENGTH_MAX} characters`,
  fits: (value) => typeof value === 'string' && value.length > 0 && value.length <= ID_LENGTH_MAX,
}
const ttl: Shape = {
  text: `a number from 1 to ${TTL_MS_MAX}`,
  fits: (value) => typeof value === 'number' && value >= 1 && value <= TTL_MS_MAX,
}

type Shapes = Readonly<Record<string, Shape>>

const requestShapes: Shapes = { id: optional(id), confirm: optional(flag), ttlMs: optional(ttl) }

const commandShapes: Readonly<Record<CyncCommand['kind'], Shapes>> = {
  power: { isOn: flag },
  brightness: { brightness: number },
  white: { temperature: number },
  rgb: { rgb },
  combined: { isOn: flag, brightness: optional(number), color: optional(color) },
  'light-show': { show: name },
  fade: { brightness: number, durationMs: number },
  relay: { command: number, opcode: number, parameters: bytes },
  'mesh-query': {},
  'after-mesh-query': {},
  'session-end': {},
}

const targetShapes: Readonly<Record<CommandTarget['kind'], Shapes>> = {
  device: { meshAddress: number, subElement: optional(number) },
  group: { group: number },
  broadcast: {},
  controller: { deviceId },
}
const placeShapes: Shapes = { home: optional(home), via: optional(deviceId) }

/** Throws `UsageError` (`invalid-command`) for what is no request: it may come from anywhere. */
export function checkRequest(request: CommandRequest): void {
  const { command, to } = Object(request) as Partial<CommandRequest>
  const wrong =
    faultOf('', request, requestShapes) ?? faultOfKind('command', command, commandShapes) ?? faultOfTarget(to)
  if (wrong !== undefined) throw new UsageError('invalid-command', `command: ${wrong}`)
}

function faultOfTarget(to: unknown): string | undefined {
  if (to === undefined) return undefined
  return faultOfKind('to', to, targetShapes) ?? faultOf('to.', to, placeShapes)
}

/** Of a value whose field `kind` says what else it has. */
function faultOfKind(owner: string, value: unknown, shapes: Readonly<Record<string, Shapes>>): string | undefined {
  if (typeof value !== 'object' || value === null) return `${owner} must be an object, got ${shown(value)}`
  const { kind } = value as { readonly kind?: unknown }
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) {
    return `${owner}.kind must be one of ${Object.keys(shapes).join(', ')}, got ${shown(kind)}`
  }
  return faultOf(`${owner}.`, value, shapes[kind]!)
}

function faultOf(prefix: string, value: unknown, shapes: Shapes): string | undefined {
  const fields = Object(value) as Readonly<Record<string, unknown>>
  for (const field in shapes) {
    const { fits, text } = shapes[field]!
    if (!fits(fields[field])) return `${prefix}${field} must be ${text}, got ${shown(fields[field])}`
  }
  return undefined
}

function optional({ text, fits }: Shape): Shape {
  return { text, fits: (value) => value === undefined || fits(value) }
}

function isRgb(value: unknown): boolean {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}

function isColor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'rgb' in value ? isRgb(value.rgb) : typeof (value as { readonly white?: unknown }).white === 'number'
}

function isDeviceId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= DEVICE_ID_MAX
}

/** Objects may be without a text of their own. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, ID_LENGTH_MAX)}'`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
