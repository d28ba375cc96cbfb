import { type CyncCommand, type CyncTarget, repetitionOf } from '../cync/command.ts'
import { encodeCommand } from '../cync/command-codec.ts'
import { checkField, FRAME_DATA_BYTES_MAX } from '../cync/frame-codec.ts'
import { destinationOf } from '../cync/relay.ts'
import type { CommandOrder } from './command-order.ts'
import { type DeviceState, RGB_MODE } from './device-report.ts'
import { OPAQUE } from './target-lane.ts'

/** Whom a command is for. */
export type CommandTarget = (
  | CyncTarget
  /** The device that this controller is itself. */
  | { readonly kind: 'controller'; readonly deviceId: number }
) & {
  /** @default the one home that there is, or that of the controller */
  readonly home?: string | number
  /** Device id of the only controller that it may go through. @default any of the home */
  readonly via?: number
}

export interface CommandRequest {
  /** Not needed for commands to a controller itself, such as `mesh-query`; these may name `home` or `via`. */
  readonly to?: CommandTarget
  readonly command: CyncCommand
  /** For logs and `cancel`: not in use by a living command, at most 100 characters. @default a new one */
  readonly id?: string
  /** End only when the device was seen to do it, or was not within `confirmMs`. Of one device, and where that can be seen. @default false */
  readonly confirm?: boolean
  /** It is not sent, or sent again, when it is older. Milliseconds, 1 to 86,400,000. @default the option of the gateway */
  readonly ttlMs?: number
}

/** What the rest of an order comes from. */
export interface OrderPlace {
  readonly id: string
  readonly home: string
  readonly target: CyncTarget | undefined
  readonly ttlMs: number
}

/** For commands to controllers: no destination of a device is 0. */
const NO_DESTINATION = 0

/** What commands set, bit by bit. */
export const aspects = Object.freeze({ power: 1, brightness: 2, color: 4, states: 64, opaque: OPAQUE })
const ALL_OF_A_LAMP = aspects.power | aspects.brightness | aspects.color

/** Throws `UsageError` (`invalid-packet`) for a value out of range. @param request that `checkRequest` has seen */
export function orderOf(request: CommandRequest, place: OrderPlace): CommandOrder {
  const { command, confirm = false, to } = request
  const target = isForController(command) ? undefined : place.target
  const { command: code, data } = encodeCommand(command, target, 0)
  // A connection that is given more fails.
  checkField('data.length', data.length, FRAME_DATA_BYTES_MAX)
  const isDevice = target?.kind === 'device' && (target.subElement ?? 0) === 0
  return {
    id: place.id,
    home: place.home,
    destination: target === undefined ? NO_DESTINATION : destinationOf(target),
    address: isDevice ? target.meshAddress : undefined,
    via: to?.via ?? (target === undefined && to?.kind === 'controller' ? to.deviceId : undefined),
    byPrimary: target === undefined,
    isOwn: false,
    code,
    aspects: aspectsOf(command),
    isOnce: repetitionOf(command) === 'at-most-once',
    data: (inner) => encodeCommand(command, target, inner).data,
    apply: applierOf(command),
    isReached: isDevice ? reachedBy(command) : undefined,
    confirm,
    ttlMs: place.ttlMs,
  }
}

/** It needs no target, and one only says which home. */
export function isForController({ kind }: CyncCommand): boolean {
  return kind === 'mesh-query' || kind === 'after-mesh-query' || kind === 'session-end'
}

function aspectsOf(command: CyncCommand): number {
  switch (command.kind) {
    case 'power':
      return aspects.power
    case 'brightness':
    case 'fade':
      return aspects.brightness
    case 'white':
    case 'rgb':
    case 'light-show':
      return aspects.color
    case 'combined': {
      const { brightness, color } = command
      return (
        aspects.power | (brightness === undefined ? 0 : aspects.brightness) | (color === undefined ? 0 : aspects.color)
      )
    }
    case 'relay':
      return aspects.opaque | ALL_OF_A_LAMP
    case 'mesh-query':
      return aspects.states
    default:
      return 0
  }
}

/** What a device's state is once it has done it; undefined where that cannot be said. */
function applierOf(command: CyncCommand): ((state: DeviceState) => DeviceState) | undefined {
  switch (command.kind) {
    case 'power':
      return (state) => ({ ...state, isOn: command.isOn })
    case 'brightness':
      return (state) => ({ ...state, brightness: command.brightness })
    case 'fade':
      return (state) => ({ ...state, brightness: Math.round(command.brightness) })
    case 'white':
      return (state) => ({ ...state, colorMode: command.temperature })
    case 'rgb':
      return (state) => ({ ...state, colorMode: RGB_MODE, rgb: command.rgb })
    case 'combined': {
      const { isOn, brightness, color } = command
      return (state) => ({
        isOn,
        brightness: brightness ?? state.brightness,
        colorMode: color === undefined ? state.colorMode : 'rgb' in color ? RGB_MODE : color.white,
        rgb: color !== undefined && 'rgb' in color ? color.rgb : state.rgb,
      })
    }
    default:
      return undefined
  }
}

function reachedBy(command: CyncCommand): ((state: DeviceState) => boolean) | undefined {
  const apply = applierOf(command)
  return apply === undefined ? undefined : (state) => isSameState(state, apply(state))
}

/** Whether two states look the same; the colour behind a white does not show. */
export function isSameState(one: DeviceState, other: DeviceState): boolean {
  return (
    one.isOn === other.isOn &&
    one.brightness === other.brightness &&
    one.colorMode === other.colorMode &&
    (one.colorMode !== RGB_MODE || one.rgb.every((value, index) => value === other.rgb[index]))
  )
}
