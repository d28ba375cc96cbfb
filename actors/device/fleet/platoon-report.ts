import type { DeviceTally } from '../simulator/device-tally.ts'
import { DeviceRoster } from './device-roster.ts'
import type { FleetDeviceState, StateCounts } from './device-state.ts'
import type { FleetPlan, PlatoonShare } from './fleet-plan.ts'

/** What a fleet says of one of its devices. */
export interface DeviceStatus {
  readonly name: string
  readonly deviceId: number
  readonly home: number
  readonly group: number
  readonly state: FleetDeviceState
  /** Connections begun beyond the first, since its thread was started. */
  readonly restartCount: number
  /** Why it failed last, while that is remembered. */
  readonly reason?: string
}

export interface PlatoonSummary {
  readonly states: StateCounts
  readonly restartCount: number
  readonly tally: Readonly<DeviceTally>
  /** The first of those that are parked. */
  readonly parked: readonly { readonly name: string; readonly reason: string }[]
  /** Of those that are not online. */
  readonly failures: readonly FailureCount[]
}

/** A reason, and how many devices it has kept from being online. */
export interface FailureCount {
  readonly reason: string
  readonly deviceCount: number
}

export interface PlatoonList {
  readonly devices: readonly DeviceStatus[]
  /** All that fit the filter. */
  readonly matchCount: number
}

/** What a platoon must know to report. */
export interface Reporter {
  readonly plan: FleetPlan
  readonly share: PlatoonShare
  readonly tally: Readonly<DeviceTally>
  /** Undefined before it has begun. */
  readonly roster: DeviceRoster | undefined
}

const PARKED_SHOWN_MAX = 20
const FAILURES_SHOWN_MAX = 10

export function summaryOf({ roster, tally, plan, share }: Reporter, nowMs: number): PlatoonSummary {
  const roll = roster ?? new DeviceRoster({ ...nobody, deviceCount: share.count }, nowMs)
  const states = roll.counts(nowMs)
  const parked: { name: string; reason: string }[] = []
  for (let index = 0; states.parked > 0 && index < share.count && parked.length < PARKED_SHOWN_MAX; index++) {
    if (roll.state(index, nowMs) !== 'parked') continue
    parked.push({ name: plan.nameOf(share.first + index), reason: roll.reason(index) ?? '' })
  }
  return {
    states,
    restartCount: roll.restartCount,
    tally: { ...tally },
    parked,
    failures: failuresOf(roll, share, nowMs),
  }
}

/** Those that have not had their turn yet have no reason. */
function failuresOf(roster: DeviceRoster, { count }: PlatoonShare, nowMs: number): readonly FailureCount[] {
  const counts = new Map<string, number>()
  for (let index = 0; index < count; index++) {
    const reason = roster.reason(index)
    if (reason === undefined || isThere(roster.state(index, nowMs))) continue
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return mostFrequent(counts)
}

function isThere(state: FleetDeviceState): boolean {
  return state === 'online' || state === 'degraded'
}

/** Those of several platoons together. */
export function joinFailures(all: readonly FailureCount[]): readonly FailureCount[] {
  const counts = new Map<string, number>()
  for (const { reason, deviceCount } of all) counts.set(reason, (counts.get(reason) ?? 0) + deviceCount)
  return mostFrequent(counts)
}

function mostFrequent(counts: ReadonlyMap<string, number>): readonly FailureCount[] {
  return [...counts]
    .map(([reason, deviceCount]) => ({ reason, deviceCount }))
    .sort((one, other) => other.deviceCount - one.deviceCount)
    .slice(0, FAILURES_SHOWN_MAX)
}

/** Of a platoon that has not begun. */
const nobody = Object.freeze({
  startPerSecond: 1,
  connectingMax: 1,
  backoffMinMs: 1,
  backoffMaxMs: 1,
  failuresMax: 0,
  failureWindowMs: 1,
  seed: 0,
})

/** The devices that fit the filter, from the n-th of them on. */
export function listOf(
  reporter: Reporter,
  filter: { readonly state?: FleetDeviceState; readonly group?: number },
  skip: number,
  limit: number,
  nowMs: number,
): PlatoonList {
  const { plan, share, roster } = reporter
  const found: DeviceStatus[] = []
  let matchCount = 0
  for (let index = 0; index < share.count; index++) {
    const group = plan.groupOf(share.first + index)
    if (filter.group !== undefined && filter.group !== group) continue
    const deviceState = roster?.state(index, nowMs) ?? 'offline'
    if (filter.state !== undefined && filter.state !== deviceState) continue
    if (matchCount++ >= skip && found.length < limit) found.push(statusOf(reporter, index, group, deviceState))
  }
  return { devices: found, matchCount }
}

function statusOf(
  { plan, share, roster }: Reporter,
  index: number,
  group: number,
  state: FleetDeviceState,
): DeviceStatus {
  const place = share.first + index
  const reason = roster?.reason(index)
  return {
    name: plan.nameOf(place),
    deviceId: plan.deviceIdOf(place),
    home: plan.homeOf(place),
    group,
    state,
    restartCount: roster?.restarts(index) ?? 0,
    ...(reason !== undefined && { reason }),
  }
}
