import { type ActorRef, systemClock } from 'troupe'
import type { FleetProtocol } from '../device/fleet.actor.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { ConnectionThread, GatewayProtocol } from './gateway.actor.ts'
import type { KillPlan, ThreadKillManner } from './kill-plan.ts'

export interface ChaosParts {
  readonly plan: KillPlan
  readonly auditor: ActorRef<AuditorProtocol>
  readonly gateway: ActorRef<GatewayProtocol>
  readonly fleet: ActorRef<FleetProtocol>
  readonly threads: {
    /** What people know the thread by. */
    nameOf(thread: ConnectionThread): string
    /** Ends the thread from outside, at once. */
    terminate(thread: ConnectionThread): unknown
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
  /** Threads that were killed, until their connections are known to be closed. */
  #killedThreads: readonly string[] = []

  constructor(parts: ChaosParts) {
    this.#parts = parts
  }

  /** Kills what the plan says. Answers what it was in words, or undefined when there was nothing of that kind. */
  async strike(): Promise<string | undefined> {
    const { plan, auditor, gateway, fleet } = this.#parts
    const [threads, connection, device] = await Promise.all([
      gateway.ask.threads(),
      auditor.ask.openLinks(),
      fleet.ask.names(),
    ])
    const alive = this.#alive(threads)
    const kill = plan.next({ connection, device, thread: alive.map(({ threadName }) => threadName) })
    if (kill === undefined) return undefined
    const { kind, target } = kill
    await auditor.ask.killing({ kind, target, atMs: systemClock.nowMs() })
    if (kind === 'thread') return this.#killThread(alive.find(({ threadName }) => threadName === target)!, kill.manner)
    const owner = kind === 'device' ? fleet : gateway
    owner.tell.crash(target, REASON)
    return `killed ${kind} ${target}`
  }

  /** Those that can be killed. A gateway knows a thread until it has heard that its connections are closed. */
  #alive(threads: readonly ConnectionThread[]): readonly ConnectionThread[] {
    const isKnown = (name: string): boolean => threads.some(({ threadName }) => threadName === name)
    this.#killedThreads = this.#killedThreads.filter(isKnown)
    return threads.filter(({ threadName }) => threadName !== 'main' && !this.#killedThreads.includes(threadName))
  }

  #killThread(thread: ConnectionThread, planned: ThreadKillManner): string {
    const { threads } = this.#parts
    this.#killedThreads = [...this.#killedThreads, thread.threadName]
    const name = threads.nameOf(thread)
    const isFromInside = planned !== 'terminate' && thread.connection.tell.endThread(planned) === 'accepted'
    if (!isFromInside) threads.terminate(thread)
    return `killed ${name} by ${mannerTexts[isFromInside ? planned : 'terminate']}`
  }
}
