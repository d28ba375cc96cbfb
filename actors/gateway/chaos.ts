import { type ActorRef, systemClock } from 'troupe'
import type { FleetProtocol } from '../device/fleet.actor.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { Door, GatewayProtocol } from './gateway.actor.ts'
import type { KillPlan, PlannedKill } from './kill-plan.ts'

export interface ChaosParts {
  readonly plan: KillPlan
  readonly auditor: ActorRef<AuditorProtocol>
  readonly gateway: ActorRef<GatewayProtocol>
  readonly fleet: ActorRef<FleetProtocol>
  /** Ends the thread that this door is on, at once. */
  readonly killThread: (door: Door) => unknown
}

/** Kills parts of the gateway and its fleet, one at a time, each only after the auditor knows of it. */
export class Chaos {
  readonly #parts: ChaosParts

  constructor(parts: ChaosParts) {
    this.#parts = parts
  }

  /** Kills what the plan says. Answers what it was, or undefined when there was nothing of that kind. */
  async strike(): Promise<PlannedKill | undefined> {
    const { plan, auditor, gateway, fleet } = this.#parts
    const [doors, connection, device] = await Promise.all([
      gateway.ask.doors(),
      auditor.ask.openLinks(),
      fleet.ask.names(),
    ])
    const threads = doors.filter((door) => door.threadName !== 'main')
    const kill = plan.next({ connection, device, thread: threads.map((door) => door.threadName) })
    if (kill === undefined) return undefined
    await auditor.ask.killing({ ...kill, atMs: systemClock.nowMs() })
    if (kill.kind === 'device') fleet.tell.crash(kill.target, 'killed on purpose')
    if (kill.kind === 'connection') gateway.tell.crash(kill.target, 'killed on purpose')
    if (kill.kind === 'thread') this.#parts.killThread(threads.find((door) => door.threadName === kill.target)!)
    return kill
  }
}
