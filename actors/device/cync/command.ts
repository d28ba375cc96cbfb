/** What a lamp, a plug or a switch is told. Everything but `relay` sets a state, whatever it was before. */
export type CyncCommand =
  | PowerCommand
  | BrightnessCommand
  | WhiteCommand
  | RgbCommand
  | CombinedCommand
  | LightShowCommand
  | FadeCommand
  | RelayCommand
  | ControllerCommand

export interface PowerCommand {
  readonly kind: 'power'
  readonly isOn: boolean
}

export interface BrightnessCommand {
  readonly kind: 'brightness'
  /** 1 to 100. */
  readonly brightness: number
}

export interface WhiteCommand {
  readonly kind: 'white'
  /** 0, warm, to 100, cool. */
  readonly temperature: number
}

export interface RgbCommand {
  readonly kind: 'rgb'
  /** Each 0 to 255. */
  readonly rgb: readonly [number, number, number]
}

/** What the phone app uses for everything but power: all of it at once. What is left out stays as it is. */
export interface CombinedCommand {
  readonly kind: 'combined'
  readonly isOn: boolean
  /** 0 to 100. */
  readonly brightness?: number
  /** White: 0 to 100. */
  readonly color?: { readonly white: number } | { readonly rgb: readonly [number, number, number] }
}

export interface LightShowCommand {
  readonly kind: 'light-show'
  readonly show: LightShow
}

export interface FadeCommand {
  readonly kind: 'fade'
  /** 0 to 100, in steps of 0.1. */
  readonly brightness: number
  /** 0 to 65,535. */
  readonly durationMs: number
}

/** Any other command that is passed on in the mesh. With command 0x8e the app passes on all sorts of opcodes. */
export interface RelayCommand {
  readonly kind: 'relay'
  /** u8. */
  readonly command: number
  /** u8. */
  readonly opcode: number
  readonly parameters: Uint8Array
}

/** To the controller itself: it needs no target. */
export interface ControllerCommand {
  readonly kind: 'mesh-query' | 'after-mesh-query' | 'session-end'
}

/** Those that come with the lamps. */
export type LightShow =
  | 'candle'
  | 'rainbow'
  | 'cyber'
  | 'fireworks'
  | 'volcanic'
  | 'aurora'
  | 'happy-holidays'
  | 'red-white-blue'
  | 'vegas'
  | 'party'

/** Whom a command is for. */
export type CyncTarget =
  | {
      readonly kind: 'device'
      /** 1 to 255. */
      readonly meshAddress: number
      /** Outlet, 1 to 127; 0 for the whole device. @default 0 */
      readonly subElement?: number
    }
  /** 0 to 32,766. Group 0 is the whole home. */
  | { readonly kind: 'group'; readonly group: number }
  | { readonly kind: 'broadcast' }

/** Whether a command may be sent again when nobody knows whether it arrived. */
export type Repetition = 'repeatable' | 'at-most-once'

/** From the opcode to what a repetition does. Opcodes that are not here are taken for `at-most-once`. */
const repeatableOpcodes: ReadonlySet<number> = new Set([
  0xd0, // power
  0xd2, // brightness
  0xe2, // colour, light show, fade
  0xf0, // combined
])

const repetitions: Readonly<Record<CyncCommand['kind'], Repetition | undefined>> = Object.freeze({
  power: 'repeatable',
  brightness: 'repeatable',
  white: 'repeatable',
  rgb: 'repeatable',
  combined: 'repeatable',
  'light-show': 'repeatable',
  fade: 'repeatable',
  'mesh-query': 'repeatable',
  'after-mesh-query': 'repeatable',
  // Opcode ea ends something, or reads or sets a mode (as f7 does): nobody knows what a second one does.
  'session-end': 'at-most-once',
  relay: undefined,
})

export function repetitionOf(command: CyncCommand): Repetition {
  const known = repetitions[command.kind]
  if (known !== undefined) return known
  return command.kind === 'relay' && repeatableOpcodes.has(command.opcode) ? 'repeatable' : 'at-most-once'
}
