import type { DeviceState } from './device-report.ts'

/** What the service needs to know of a command; what the command says is not its business. */
export interface CommandOrder {
  readonly id: string
  /** Controllers that hear the same devices. */
  readonly home: string
  /** Destination on the mesh, u16: commands with the same one are kept in order. */
  readonly destination: number
  /** Mesh address of the one device it is for; undefined for a group or for all. */
  readonly address: number | undefined
  /** Device id of the only controller it may go through. */
  readonly via: number | undefined
  /** Through the controller that asks for states, as long as that is there. */
  readonly byPrimary: boolean
  /** The gateway's own: not counted among commands. */
  readonly isOwn: boolean
  /** Command byte of the frame. */
  readonly code: number
  /** What the command sets, as bits: a newer one that sets all of it makes this one needless. 0: nothing that could be replaced. */
  readonly aspects: number
  /** Doing it twice does harm: it is sent once and no more. */
  readonly isOnce: boolean
  /** Data of the frame. @param inner sequence of the attempt, u32 */
  readonly data: (inner: number) => Uint8Array
  /** What a state becomes by it; undefined where that cannot be said. */
  readonly apply: ((state: DeviceState) => DeviceState) | undefined
  /** Whether a state of the device is what the command wants; undefined where that cannot be said. */
  readonly isReached: ((state: DeviceState) => boolean) | undefined
  /** It ends when its device was seen to do what it wants, or after some time. */
  readonly confirm: boolean
  /** It is not sent, or sent again, when it is older. Milliseconds. */
  readonly ttlMs: number
}
