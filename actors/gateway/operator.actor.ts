import { type ActorRef, implement, SeededRandom, type Self, systemClock } from 'troupe'
import type { CyncCommand } from '../device/cync/command.ts'
import type { CommandRequest, CommandTarget } from '../device/gateway/command-request.ts'
import type { CyncGatewayProtocol } from '../device/gateway/gateway.actor.ts'
import { type CommandEnd, type CommandTotals, noCommands } from './command-totals.ts'

export interface OperatorSettings {
  readonly gateway: ActorRef<CyncGatewayProtocol>
  /** Whom commands are for. */
  readonly deviceIds: readonly number[]
  /** Groups that `switchGroup` switches, one after the other. */
  readonly groups: readonly CommandTarget[]
  readonly commandsPerSecond: number
  readonly seed: number
}

export interface OperatorProtocol {
  tick(): void
  issue(request: CommandRequest): Promise<void>
  /** Switches the next group on, or off again. Answers which, in words. */
  switchGroup(): string
  totals(): CommandTotals
  /** Gives no more commands of its own. */
  rest(): void
}

interface OperatorState {
  readonly settings: OperatorSettings
  readonly random: SeededRandom
  totals: { -readonly [K in keyof CommandTotals]: CommandTotals[K] }
  /** When the next command is due. */
  dueMs: number
  groupTurn: number
}

type OperatorSelf = Self<OperatorState, OperatorProtocol>

/** Commands under way; when there are so many, it waits. */
const UNDER_WAY_MAX = 10_000
/** Longer than any command lives; the gateway answers each. Milliseconds. */
const ANSWER_MS = 60_000
const TICK_MIN_MS = 20
const TICK_MAX_MS = 250

/** Somebody who lives with the devices: commands at a rate, to random ones, and keeps count of how each command ended. */
export const Operator = implement<OperatorProtocol>()({
  name: 'Operator',
  module: import.meta.url,
  concurrency: UNDER_WAY_MAX,
  start: (self, settings: OperatorSettings): OperatorState => {
    const tickMs = Math.min(Math.max(1_000 / settings.commandsPerSecond, TICK_MIN_MS), TICK_MAX_MS)
    self.timers.every('tick', tickMs, 'tick')
    return {
      settings,
      random: new SeededRandom(settings.seed),
      totals: { ...noCommands },
      dueMs: systemClock.nowMs() + 1_000 / settings.commandsPerSecond,
      groupTurn: 0,
    }
  },
  on: {
    tick(self) {
      const { state, ref } = self
      const { settings, random } = state
      const nowMs = systemClock.nowMs()
      const everyMs = 1_000 / settings.commandsPerSecond
      state.dueMs = Math.max(state.dueMs, nowMs - TICK_MAX_MS) // what could not be given is not made up for
      for (; state.dueMs <= nowMs; state.dueMs += everyMs) {
        if (ref.tell.issue(randomRequest(settings, random)) !== 'accepted') return
      }
    },
    issue,
    switchGroup(self) {
      const { settings, groupTurn } = self.state
      const { groups } = settings
      if (groups.length === 0) return 'there is no group'
      const to = groups[groupTurn % groups.length]!
      const isOn = Math.floor(groupTurn / groups.length) % 2 === 0
      self.state.groupTurn++
      self.ref.tell.issue({ to, command: { kind: 'power', isOn } })
      return `${describeGroup(to)} switched ${isOn ? 'on' : 'off'}`
    },
    totals: ({ state }) => ({ ...state.totals }),
    rest: (self) => self.timers.cancel('tick'),
  },
})

async function issue(self: OperatorSelf, request: CommandRequest): Promise<void> {
  const { totals, settings } = self.state
  totals.issued++
  totals[await endOf(self, settings.gateway, request)]++
}

async function endOf(
  self: OperatorSelf,
  gateway: ActorRef<CyncGatewayProtocol>,
  request: CommandRequest,
): Promise<CommandEnd> {
  try {
    const result = await self.ask(gateway, { deadlineMs: ANSWER_MS }).command(request)
    return result instanceof Error ? 'rejected' : result.state
  } catch {
    return 'unanswered'
  }
}

function randomRequest({ deviceIds }: OperatorSettings, random: SeededRandom): CommandRequest {
  const deviceId = deviceIds[Math.floor(random.next() * deviceIds.length)]!
  return { to: { kind: 'controller', deviceId }, command: randomCommand(random) }
}

function randomCommand(random: SeededRandom): CyncCommand {
  const upTo = (max: number): number => Math.floor(random.next() * (max + 1))
  switch (upTo(3)) {
    case 0:
      return { kind: 'power', isOn: upTo(1) === 1 }
    case 1:
      return { kind: 'brightness', brightness: 1 + upTo(99) }
    case 2:
      return { kind: 'white', temperature: upTo(100) }
    default:
      return { kind: 'rgb', rgb: [upTo(255), upTo(255), upTo(255)] }
  }
}

function describeGroup(target: CommandTarget): string {
  const home = target.home === undefined ? '' : `home ${target.home}, `
  return target.kind === 'group' ? `${home}group ${target.group}` : `${home}${target.kind}`
}
