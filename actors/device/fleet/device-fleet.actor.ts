import { type ActorRef, implement, type Self, systemClock } from 'troupe'
import type { ControllerProtocol } from '../simulator/controller.actor.ts'
import { type DeviceChaos, resolveDeviceChaos } from '../simulator/device-faults.ts'
import { addDeviceTally, type DeviceTally, noDeviceTally } from '../simulator/device-tally.ts'
import { newSequences } from '../simulator/simulated-device.ts'
import { fleetDeviceStates, noStateCounts } from './device-state.ts'
import type { ResolvedFleetOptions } from './fleet-options.ts'
import { FleetPlan } from './fleet-plan.ts'
import type { DeviceFleetProtocol, FleetSummary } from './fleet-protocol.ts'
import { Platoon, type PlatoonProtocol } from './platoon.actor.ts'
import { savedSequences } from './platoon-devices.ts'
import { type DeviceStatus, joinFailures, type PlatoonSummary } from './platoon-report.ts'
import { RollingOperation, type RollReport, type RollRequest, resolveRoll } from './rolling-operation.ts'

/** What is known of a platoon, here, where its thread's death does not reach it. */
interface PlatoonPost {
  ref: ActorRef<PlatoonProtocol> | undefined
  startCount: number
  sequences: Uint16Array | undefined
  tally: DeviceTally
  restartCount: number
}

interface Roll {
  readonly operation: RollRequest['operation']
  readonly steps: RollingOperation
  readonly done: (report: RollReport) => void
}

interface FleetState {
  readonly options: ResolvedFleetOptions
  readonly plan: FleetPlan
  readonly posts: PlatoonPost[]
  /** What platoons had counted whose threads are lost. */
  readonly lostTally: DeviceTally
  lostRestartCount: number
  chaos: DeviceChaos
  roll: Roll | undefined
  isFinished: boolean
  /** The answer of `finish`, once there is one. */
  last: FleetSummary | undefined
}

type FleetSelf = Self<FleetState, DeviceFleetProtocol>

const LIST_MAX = 1_000
/** A platoon whose thread was lost is left out of an answer. Milliseconds. */
const ANSWER_MS = 2_000
const PARKED_SHOWN_MAX = 100
/** Each device takes its time to end, all at once. Milliseconds. */
const PLATOON_SHUTDOWN_MS = 20_000
const backoff = Object.freeze({ minMs: 50, maxMs: 2_000 })

/** Supervises simulated devices, by platoons, one a thread. Made by `spawnFleet`. */
export const DeviceFleet = implement<DeviceFleetProtocol>()({
  name: 'DeviceFleet',
  module: import.meta.url,
  concurrency: 64,
  start(self, options: ResolvedFleetOptions): FleetState {
    const plan = new FleetPlan(options)
    const posts = plan.shares.map(
      (): PlatoonPost => ({
        ref: undefined,
        startCount: 0,
        sequences: undefined,
        tally: noDeviceTally(),
        restartCount: 0,
      }),
    )
    posts.forEach((post, platoon) => {
      const placing = { placement: 'any', backoff, stopping: 'together', shutdownMs: PLATOON_SHUTDOWN_MS } as const
      post.ref = self.spawn(Platoon, [options, platoon, self.ref], { name: `platoon-${platoon + 1}`, ...placing })
    })
    const counts = { lostTally: noDeviceTally(), lostRestartCount: 0 }
    return {
      options,
      plan,
      posts,
      ...counts,
      chaos: options.chaos,
      roll: undefined,
      isFinished: false,
      last: undefined,
    }
  },
  on: {
    async list(self, { state, group, offset = 0, limit = LIST_MAX } = {}) {
      const filter = { ...(state !== undefined && { state }), ...(group !== undefined && { group }) }
      const devices: DeviceStatus[] = []
      let matchCount = 0
      for (const { ref } of self.state.posts) {
        const skip = Math.max(0, offset - matchCount)
        const rest = Math.min(limit, LIST_MAX) - devices.length
        const answer = ref && (await answerOf(self.ask(ref, { deadlineMs: ANSWER_MS }).list(filter, skip, rest)))
        devices.push(...(answer?.devices ?? []))
        matchCount += answer?.matchCount ?? 0
      }
      return { devices, matchCount }
    },
    // Those who could say more are gone when it has finished.
    summary: (self) => self.state.last ?? summaryOf(self),
    roll: (self, request) => beginRoll(self, request),
    rollReport: ({ state }) => state.roll && reportOf(state, state.roll),
    stopRoll(self) {
      self.state.roll?.steps.stop()
      goOnRolling(self)
    },
    async unpark(self, name) {
      const { plan, posts } = self.state
      const index = name === undefined ? undefined : plan.indexOf(name)
      if (name !== undefined && index === undefined) return 0
      const asked = index === undefined ? posts : [posts[plan.platoonOf(index)]!]
      const answers = await Promise.all(
        asked.map(async ({ ref }) => ref && answerOf(self.ask(ref, { deadlineMs: ANSWER_MS }).unpark(index))),
      )
      return answers.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    },
    setChaos({ state }, chaos) {
      try {
        resolveDeviceChaos(chaos)
      } catch (error) {
        return (error as Error).message
      }
      state.chaos = chaos
      for (const { ref } of state.posts) ref?.tell.setChaos(chaos)
      return undefined
    },
    device: (self, name) => deviceOf(self, name),
    async crash(self, name, reason) {
      ;(await deviceOf(self, name))?.tell.crash(reason)
    },
    async kick(self, name) {
      ;(await deviceOf(self, name))?.tell.kick()
    },
    async press(self, name, destination, change) {
      ;(await deviceOf(self, name))?.tell.press(destination, change)
    },
    platoons: ({ state }) => state.posts.flatMap(({ ref }) => (ref === undefined ? [] : [ref])),
    async finish(self) {
      const { state } = self
      if (state.last !== undefined) return state.last
      state.isFinished = true
      state.roll?.steps.stop()
      const summary = await summaryOf(self)
      const refs = state.posts.flatMap(({ ref }) => (ref === undefined ? [] : [ref]))
      for (const post of state.posts) post.ref = undefined
      await Promise.all(refs.map((ref) => self.stopChild(ref as ActorRef<never>)))
      state.last = { ...summary, states: { ...noStateCounts(), offline: state.options.deviceCount } }
      return state.last
    },
    platoonStarted({ state }, platoon) {
      const post = state.posts[platoon]!
      if (post.startCount++ > 0) {
        addDeviceTally(state.lostTally, post.tally)
        state.lostRestartCount += post.restartCount
        post.tally = noDeviceTally()
        post.restartCount = 0
      }
      post.ref?.tell.setChaos(state.chaos)
      // Restarted, it goes on where it was seen last; at its beginning, if its thread has died before the first report.
      post.ref?.tell.begin(post.startCount > 1 ? (post.sequences ?? firstSequences(state, platoon)) : undefined)
    },
    checkpoint({ state }, platoon, sequences, tally, restartCount) {
      const post = state.posts[platoon]!
      post.sequences = sequences
      post.tally = tally
      post.restartCount = restartCount
    },
    operated(self, index, reason) {
      self.state.roll?.steps.ended(index, reason, systemClock.nowMs())
      goOnRolling(self)
    },
    rollDue(self) {
      self.state.roll?.steps.tick(systemClock.nowMs())
      goOnRolling(self)
    },
  },
})

function firstSequences({ plan }: FleetState, platoon: number): Uint16Array {
  return savedSequences(Array.from({ length: plan.shares[platoon]!.count }, () => ({ sequences: newSequences() })))
}

/** The answer, or undefined when there will be none: the thread of the one who was asked may just have died. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch {
    return undefined
  }
}

async function summaryOf(self: FleetSelf): Promise<FleetSummary> {
  const { state } = self
  const { posts, plan, options } = state
  const answers = await Promise.all(
    posts.map(async ({ ref }) => ref && answerOf(self.ask(ref, { deadlineMs: ANSWER_MS }).summary())),
  )
  const states = noStateCounts()
  const tally = { ...state.lostTally }
  let restartCount = state.lostRestartCount
  answers.forEach((answer, platoon) => {
    const post = posts[platoon]!
    addDeviceTally(tally, answer?.tally ?? post.tally)
    restartCount += answer?.restartCount ?? post.restartCount
    if (answer === undefined) states.offline += plan.shares[platoon]!.count
    else for (const name of fleetDeviceStates) states[name] += answer.states[name]
  })
  const parked = answers
    .flatMap((answer: PlatoonSummary | undefined) => answer?.parked ?? [])
    .slice(0, PARKED_SHOWN_MAX)
  const failures = joinFailures(answers.flatMap((answer: PlatoonSummary | undefined) => answer?.failures ?? []))
  const platoonRestartCount = posts.reduce((sum, { startCount }) => sum + Math.max(0, startCount - 1), 0)
  return { deviceCount: options.deviceCount, states, restartCount, platoonRestartCount, parked, failures, tally }
}

async function deviceOf(self: FleetSelf, name: string): Promise<ActorRef<ControllerProtocol> | undefined> {
  const { plan, posts } = self.state
  const index = plan.indexOf(name)
  const ref = index === undefined ? undefined : posts[plan.platoonOf(index)]?.ref
  return ref && (await answerOf(self.ask(ref, { deadlineMs: ANSWER_MS }).device(index as number)))
}

function beginRoll(self: FleetSelf, request: RollRequest): Promise<RollReport> | string {
  const { state } = self
  if (state.roll !== undefined && !state.roll.steps.isOver) return 'another roll is under way'
  if (state.isFinished) return 'the fleet has finished'
  const chosen = chooseDevices(state, request)
  if (typeof chosen === 'string') return chosen
  return new Promise((done) => {
    state.roll = { operation: request.operation, steps: chosen, done }
    goOnRolling(self)
  })
}

/** Answers what is wrong with the request as a text: a handler that throws would fail the fleet. */
function chooseDevices({ options, plan }: FleetState, request: RollRequest): RollingOperation | string {
  const { group, names } = request
  const unknown = names?.find((name) => plan.indexOf(name) === undefined)
  if (unknown !== undefined) return `there is no device '${unknown}'`
  if (group !== undefined && !isGroup(options, group)) {
    return `group must be a whole number from 1 to ${options.groupsPerHome}, got ${String(group)}`
  }
  try {
    const indexes = names?.map((name) => plan.indexOf(name) as number) ?? [...Array(options.deviceCount).keys()]
    const chosen = indexes.filter((index) => group === undefined || plan.groupOf(index) === group)
    return new RollingOperation([...new Set(chosen)], resolveRoll(request))
  } catch (error) {
    return (error as Error).message
  }
}

function isGroup({ groupsPerHome }: ResolvedFleetOptions, group: unknown): boolean {
  return Number.isInteger(group) && (group as number) >= 1 && (group as number) <= groupsPerHome
}

function goOnRolling(self: FleetSelf): void {
  const { state } = self
  const { roll, plan, posts } = state
  if (roll === undefined) return
  const nowMs = systemClock.nowMs()
  for (const index of roll.steps.next(nowMs)) {
    const ref = posts[plan.platoonOf(index)]?.ref
    // What is not taken has failed when its time is up.
    ref?.tell.operate(index, roll.operation)
  }
  if (roll.steps.isOver) roll.done(reportOf(state, roll))
  else self.timers.once('roll', Math.max(1, roll.steps.nextDueMs - nowMs), 'rollDue')
}

function reportOf({ plan }: FleetState, { steps }: Roll): RollReport {
  return steps.report((index) => plan.nameOf(index))
}
