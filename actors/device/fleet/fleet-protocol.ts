import type { ActorRef } from 'troupe'
import type { ControllerProtocol } from '../simulator/controller.actor.ts'
import type { DeviceChaos } from '../simulator/device-faults.ts'
import type { DeviceTally } from '../simulator/device-tally.ts'
import type { LampChange } from '../simulator/lamp.ts'
import type { FleetDeviceState, StateCounts } from './device-state.ts'
import type { PlatoonProtocol } from './platoon.actor.ts'
import type { DeviceStatus, FailureCount } from './platoon-report.ts'
import type { RollReport, RollRequest } from './rolling-operation.ts'

export interface FleetFilter {
  /** @default any */
  readonly state?: FleetDeviceState
  /** @default any */
  readonly group?: number
  /** Devices to leave out at the beginning. Count, >= 0. @default 0 */
  readonly offset?: number
  /** Count, 1 to 1,000. @default 1,000 */
  readonly limit?: number
}

export interface FleetList {
  readonly devices: readonly DeviceStatus[]
  /** All that fit. */
  readonly matchCount: number
}

export interface FleetSummary {
  readonly deviceCount: number
  /** Those of a platoon that does not answer, because its thread was lost, count as `offline`. */
  readonly states: StateCounts
  /** Connections begun beyond the first of each device. */
  readonly restartCount: number
  /** Platoons that were started again. */
  readonly platoonRestartCount: number
  /** Some of those that are parked, with the failure that was too much. */
  readonly parked: readonly { readonly name: string; readonly reason: string }[]
  /** Why devices are not online: the most frequent reasons of their last failures, the most frequent first. */
  readonly failures: readonly FailureCount[]
  /** What the devices have done; what a thread has counted in its last second is lost with it. */
  readonly tally: Readonly<DeviceTally>
}

export interface DeviceFleetProtocol {
  list(filter?: FleetFilter): FleetList
  summary(): FleetSummary
  /**
   * Rolls an operation over devices. Answers when it is over: give the ask a deadline to match. One at a time: answers what is wrong, a text, if
   * another one is under way, or the request is out of range. The roll goes on when nobody waits any more.
   */
  roll(request: RollRequest): RollReport | string
  /** Of the roll under way, or of the last one; undefined before the first. */
  rollReport(): RollReport | undefined
  /** Begins with no more devices; those under way are waited for. */
  stopRoll(): void
  /** Starts parked devices again. Answers how many. @param name only this one */
  unpark(name?: string): number
  /** For all devices, from now on. Answers what is wrong with it, or undefined. */
  setChaos(chaos: DeviceChaos): string | undefined
  /** The actor of a device, for as long as this connection lasts; undefined where it has none. */
  device(name: string): ActorRef<ControllerProtocol> | undefined
  /** Makes a device throw. */
  crash(name: string, reason: string): void
  kick(name: string): void
  press(name: string, destination: number, change: LampChange): void
  /** An actor on each thread that has devices. */
  platoons(): readonly ActorRef<PlatoonProtocol>[]
  /** Ends all connections in order, and starts none any more. Answers the last summary. */
  finish(): FleetSummary
  /** By a platoon: it is there. */
  platoonStarted(platoon: number): void
  /** By a platoon, every second. */
  checkpoint(platoon: number, sequences: Uint16Array, tally: DeviceTally, restartCount: number): void
  /** By a platoon. */
  operated(index: number, reason: string | undefined): void
  /** By its timer. */
  rollDue(): void
}
