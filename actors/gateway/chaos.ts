import { type ActorRef, systemClock } from 'troupe'
import type { FleetProtocol } from '../device/fleet.actor.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { Door, GatewayProtocol } from './gateway.actor.ts'
import type { KillPlan, ThreadKillManner } from './kill-plan.ts'

export interface ChaosParts {
  readonly plan: KillPlan
  readonly auditor: ActorRef<AuditorProtocol>
  readonly gateway: ActorRef<GatewayProtocol>
  readonly fleet: ActorRef<FleetProtocol>
  readonly threads: {
    /** What people know the door's thread by. */
    nameOf(door: Door): string
    /** Ends the door's thread from outside, at once. */
    terminate(door: Door): unknown
  }
}

const REASON = 'killed on purpose'

const mannerTexts: Readonly<Record<ThreadKillManner, string>> = {
  terminate: 'terminate()',
  exit: 'process.exit()',
  loop: 'an endless loop',
}

/** Kills parts of the gateway and its fleet, one at a time, each only after the auditor knows of it. */
export class Chaos {
  readonly #parts: ChaosParts
  /** Threads that were killed, until their doors are known to be closed. */
  #killedThreads: readonly string[] = []

  constructor(parts: ChaosParts) {
    this.#parts = parts
  }

  /** Kills what the plan says. Answers what it was in words, or undefined when there was nothing of that kind. */
  async strike(): Promise<string | undefined> {
    const { plan, auditor, gateway, fleet } = this.#parts
    const [doors, connection, device] = await Promise.all([
      gateway.ask.doors(),
      auditor.ask.openLinks(),
      fleet.ask.names(),
    ])
    const open = this.#openDoors(doors)
    const kill = plan.next({ connection, device, thread: open.map((door) => door.threadName) })
    if (kill === undefined) return undefined
    const { kind, target } = kill
    await auditor.ask.killing({ kind, target, atMs: systemClock.nowMs() })
    if (kind === 'thread') return this.#killThread(open.find((door) => door.threadName === target)!, kill.manner)
    const owner = kind === 'device' ? fleet : gateway
    owner.tell.crash(target, REASON)
    return `killed ${kind} ${target}`
  }

  /** Those on threads that can be killed. A gateway knows a door until its acceptor has opened another. */
  #openDoors(doors: readonly Door[]): readonly Door[] {
    this.#killedThreads = this.#killedThreads.filter((name) => doors.some((door) => door.threadName === name))
    return doors.filter(({ threadName }) => threadName !== 'main' && !this.#killedThreads.includes(threadName))
  }

  #killThread(door: Door, planned: ThreadKillManner): string {
    const { threads } = this.#parts
    this.#killedThreads = [...this.#killedThreads, door.threadName]
    const name = threads.nameOf(door)
    const isFromInside = planned !== 'terminate' && door.acceptor.tell.endThread(planned) === 'accepted'
    if (!isFromInside) threads.terminate(door)
    return `killed ${name} by ${mannerTexts[isFromInside ? planned : 'terminate']}`
  }
}
