import { type ActorRef, describeExit, type ExitReason, implement, type Self, systemClock } from 'troupe'
import { dial } from '../../connection/listen.ts'
import { type ControllerProtocol, type DeviceKeeper, SimulatedController } from '../simulator/controller.actor.ts'
import type { DeviceChaos } from '../simulator/device-faults.ts'
import type { DeviceEnding } from '../simulator/device-session.ts'
import { deviceShelf } from '../simulator/device-shelf.ts'
import { DeviceRoster, type RosterEnding } from './device-roster.ts'
import type { FleetDeviceState } from './device-state.ts'
import type { ResolvedFleetOptions } from './fleet-options.ts'
import { FleetPlan, type PlatoonShare } from './fleet-plan.ts'
import type { DeviceFleetProtocol } from './fleet-protocol.ts'
import { makePlatoonDevices, type PlatoonDevices, restoreSequences, savedSequences } from './platoon-devices.ts'
import { listOf, type PlatoonList, type PlatoonSummary, summaryOf } from './platoon-report.ts'
import type { FleetOperation } from './rolling-operation.ts'

export interface PlatoonProtocol extends DeviceKeeper {
  /** Begins, once. @param sequences where its devices were when the thread of its predecessor died */
  begin(sequences: Uint16Array | undefined): void
  summary(): PlatoonSummary
  /** Its devices of this state and group from the n-th of these on. */
  list(filter: { readonly state?: FleetDeviceState; readonly group?: number }, skip: number, limit: number): PlatoonList
  setChaos(chaos: DeviceChaos): void
  /** Answers how many were parked. @param index one of them; undefined: all */
  unpark(index: number | undefined): number
  /** The actor of a device; undefined while it has none. */
  device(index: number): ActorRef<ControllerProtocol> | undefined
  /** Tells the fleet when it is done. */
  operate(index: number, operation: FleetOperation): void
  due(): void
  checkpoint(): void
}

interface PlatoonState extends PlatoonDevices {
  readonly options: ResolvedFleetOptions
  readonly plan: FleetPlan
  readonly platoon: number
  readonly share: PlatoonShare
  readonly fleet: ActorRef<DeviceFleetProtocol>
  readonly shelf: number
  readonly refs: (ActorRef<ControllerProtocol> | undefined)[]
  /** Why a device has given up its connection, until that is closed. */
  readonly endings: Map<number, DeviceEnding | 'asked'>
  /** Devices that the fleet wants to know of when they are online. */
  readonly operations: Set<number>
  roster: DeviceRoster | undefined
  connectionCount: number
  armedMs: number
}

type PlatoonSelf = Self<PlatoonState, PlatoonProtocol>

const CHECKPOINT_MS = 1_000
/** Devices started in one turn: others get theirs. */
const STARTS_A_TURN = 64
const DUE = 'due'
/** A device has little to say; what it has to say when it leaves takes no longer. */
const link = Object.freeze({ queueBytesMax: 65_536, queueMessagesMax: 1_024, endTimeoutMs: 2_000 })

/**
 * The devices of one thread: starts each when its turn comes, and again when its connection has ended. Each is a child of its own, `temporary`: when
 * it comes back is decided here, since that hangs on how it ended and on all the others.
 */
export const Platoon = implement<PlatoonProtocol>()({
  name: 'Platoon',
  module: import.meta.url,
  start: (self, options: ResolvedFleetOptions, platoon: number, fleet: ActorRef<DeviceFleetProtocol>): PlatoonState => {
    const plan = new FleetPlan(options)
    const share = plan.shares[platoon]!
    const made = makePlatoonDevices(options, plan, share)
    self.timers.every('checkpoint', CHECKPOINT_MS, 'checkpoint')
    fleet.tell.platoonStarted(platoon)
    return {
      ...made,
      options,
      plan,
      platoon,
      share,
      fleet,
      shelf: deviceShelf.add(made.devices),
      refs: [],
      endings: new Map(),
      operations: new Set(),
      roster: undefined,
      connectionCount: 0,
      armedMs: Number.POSITIVE_INFINITY,
    }
  },
  on: {
    begin(self, sequences) {
      const { state } = self
      if (state.roster !== undefined) return
      if (sequences !== undefined) restoreSequences(state.devices, sequences)
      state.roster = new DeviceRoster(rosterOptions(state), systemClock.nowMs())
      startDue(self)
    },
    deviceOnline(self, index) {
      const { state } = self
      state.roster?.online(index)
      arm(self)
      if (state.operations.delete(index)) tellOperated(state, index, undefined)
    },
    deviceQuiet: ({ state }, index, isQuiet) => state.roster?.quiet(index, isQuiet),
    deviceEnding: ({ state }, index, ending) => void state.endings.set(index, ending),
    summary: ({ state }) => summaryOf(state, systemClock.nowMs()),
    list: ({ state }, filter, skip, limit) => listOf(state, filter, skip, limit, systemClock.nowMs()),
    setChaos: ({ state }, chaos) => state.conduct.setChaos(chaos),
    unpark(self, index) {
      const { devices, roster, share } = self.state
      const nowMs = systemClock.nowMs()
      const indexes = index === undefined ? devices.keys() : [index - share.first]
      let count = 0
      for (const one of indexes) if (roster?.unpark(one, nowMs) === true) count++
      startDue(self)
      return count
    },
    device: ({ state }, index) => state.refs[index - state.share.first],
    operate(self, index, operation) {
      operate(self.state, index - self.state.share.first, operation)
    },
    due(self) {
      self.state.armedMs = Number.POSITIVE_INFINITY
      startDue(self)
    },
    checkpoint({ state }) {
      const { fleet, platoon, devices, roster, tally } = state
      if (roster !== undefined)
        fleet.tell.checkpoint(platoon, savedSequences(devices), { ...tally }, roster.restartCount)
    },
  },
  signals: {
    down(self, ref, reason) {
      const { state } = self
      const index = indexOf(state, ref)
      if (index === undefined || state.refs[index]?.path !== ref.path) return
      state.refs[index] = undefined
      const ending = state.endings.get(index)
      state.endings.delete(index)
      state.roster?.ended(index, kindOf(ending, reason), ending ?? describeEnd(reason), systemClock.nowMs())
      arm(self)
    },
  },
  stop({ state }) {
    state.roster?.finish()
    deviceShelf.remove(state.shelf)
  },
})

function rosterOptions({
  options,
  plan,
  devices,
  platoon,
}: PlatoonState): ConstructorParameters<typeof DeviceRoster>[0] {
  const { startPerSecond, connectingMax, backoffMinMs, backoffMaxMs, failuresMax, failureWindowMs, seed } = options
  const platoons = plan.shares.length
  const pace = { startPerSecond: startPerSecond / platoons, connectingMax: Math.ceil(connectingMax / platoons) }
  const backoff = { backoffMinMs, backoffMaxMs, failuresMax, failureWindowMs }
  return { deviceCount: devices.length, ...pace, ...backoff, seed: (seed + platoon) >>> 0 }
}

function startDue(self: PlatoonSelf): void {
  const { roster } = self.state
  const nowMs = systemClock.nowMs()
  for (let count = 0; roster !== undefined && count < STARTS_A_TURN; count++) {
    const index = roster.next(nowMs)
    if (index === undefined) break
    startDevice(self, index)
  }
  arm(self)
}

function startDevice(self: PlatoonSelf, index: number): void {
  const { state } = self
  const { options, plan, share, shelf, refs } = state
  const seed = (options.seed + (share.first + index) * SEED_STEP + state.connectionCount++) >>> 0
  const setup = { kind: 'kept', shelf, index, seed, keeper: self.ref as ActorRef<DeviceKeeper> } as const
  const ref = dial(self, SimulatedController, options.gateway, [setup], {
    name: plan.nameOf(share.first + index),
    restart: 'temporary',
    placement: 'here',
    stopping: 'together',
    connectTimeoutMs: options.connectTimeoutMs,
    link,
  })
  refs[index] = ref as unknown as ActorRef<ControllerProtocol>
  self.watch(ref)
}

/** Devices of one seed, and connections of one device, draw different numbers. */
const SEED_STEP = 0x9e3779b1

function arm(self: PlatoonSelf): void {
  const { state } = self
  const nextDueMs = state.roster?.nextDueMs ?? Number.POSITIVE_INFINITY
  if (nextDueMs >= state.armedMs) return
  state.armedMs = nextDueMs
  self.timers.once(DUE, Math.max(0, nextDueMs - systemClock.nowMs()), DUE)
}

/** By its name: what else there is, is no device. */
function indexOf({ plan, share, devices }: PlatoonState, ref: ActorRef): number | undefined {
  const index = plan.indexOf(ref.path.slice(ref.path.lastIndexOf('/') + 1))
  if (index === undefined || index < share.first || index >= share.first + devices.length) return undefined
  return index - share.first
}

function kindOf(ending: DeviceEnding | 'asked' | undefined, reason: ExitReason): RosterEnding {
  if (ending === 'asked') return 'over'
  if (ending === 'not-accepted') return 'refused-slowly'
  return ending === undefined && reason.kind === 'normal' ? 'over' : 'lost'
}

function describeEnd(reason: ExitReason): string {
  if (reason.kind === 'normal') return 'the gateway ended the connection before it had accepted the login'
  const { error } = reason as { error?: unknown }
  return error instanceof Error ? error.message : describeExit(reason)
}

function operate(state: PlatoonState, index: number, operation: FleetOperation): void {
  const ref = state.refs[index]
  const device = state.devices[index]
  const now = state.roster?.state(index, systemClock.nowMs())
  if (ref === undefined || device === undefined || (now !== 'online' && now !== 'degraded')) {
    return tellOperated(state, index, `it is ${now ?? 'offline'}`)
  }
  if (operation.kind === 'press') {
    ref.tell.press(device.meshAddress, operation.change)
    return tellOperated(state, index, undefined)
  }
  if (operation.kind === 'firmware') device.firmwareVersion = operation.version
  state.operations.add(index)
  ref.tell.reconnect()
}

function tellOperated({ fleet, share }: PlatoonState, index: number, reason: string | undefined): void {
  fleet.tell.operated(share.first + index, reason)
}
