import type { ActorRef, System } from 'troupe'
import type { DeviceFleetProtocol } from '../device/fleet/fleet-protocol.ts'
import type { CyncGatewayProtocol } from '../device/gateway/gateway.actor.ts'
import { readGlance, seatName } from './glance.ts'
import type { KillPlan, PlannedKill, ThreadKillManner } from './kill-plan.ts'
import type { KillCounts } from './report.ts'
import { Saboteur, type SaboteurProtocol } from './saboteur.actor.ts'

const REASON = 'killed on purpose'
/** Placing saboteurs ends here, if threads come and go meanwhile. */
const SABOTEURS_PER_THREAD = 4

const mannerTexts: Readonly<Record<ThreadKillManner, string>> = {
  terminate: 'terminate()',
  exit: 'process.exit()',
  loop: 'an endless loop',
}

/** Kills parts of the system, one at a time, and counts. */
export class Strikes {
  readonly #system: System
  readonly #gateway: ActorRef<CyncGatewayProtocol>
  readonly #fleet: ActorRef<DeviceFleetProtocol>
  readonly #plan: KillPlan
  readonly #saboteurs: ActorRef<SaboteurProtocol>[] = []
  readonly #counts = { device: 0, connection: 0, thread: 0 }

  constructor(
    system: System,
    gateway: ActorRef<CyncGatewayProtocol>,
    fleet: ActorRef<DeviceFleetProtocol>,
    plan: KillPlan,
  ) {
    this.#system = system
    this.#gateway = gateway
    this.#fleet = fleet
    this.#plan = plan
  }

  get counts(): KillCounts {
    return { ...this.#counts }
  }

  /** Puts one on each worker thread, to be called before anything else lives there. */
  async placeSaboteurs(threads: number): Promise<void> {
    for (let count = 0; count < threads * SABOTEURS_PER_THREAD && this.#sabotagedSeats().size < threads; count++) {
      const spawning = {
        name: `saboteur-${count + 1}`,
        placement: 'any',
        backoff: { minMs: 20, maxMs: 1_000 },
      } as const
      const saboteur = this.#system.spawn(Saboteur, [], spawning)
      await saboteur.ready()
      this.#saboteurs.push(saboteur)
    }
  }

  /** Kills what the plan says. Answers what it was in words, or undefined when there was nothing of that kind. */
  async strike(): Promise<string | undefined> {
    const [{ devices }, controllers] = await Promise.all([
      this.#fleet.ask.list({ state: 'online' }),
      this.#gateway.ask.controllers(),
    ])
    const kill = this.#plan.next({
      device: devices.map(({ name }) => name),
      connection: controllers.map(({ deviceId }) => String(deviceId)),
      thread: this.#workers(),
    })
    return kill === undefined ? undefined : this.#carryOut(kill)
  }

  /** Ends a worker thread, whatever the plan says. */
  async killThread(): Promise<string> {
    const [target] = this.#workers()
    return target === undefined ? 'there is no worker thread' : this.#killThread(target, 'terminate')
  }

  async #carryOut(kill: PlannedKill): Promise<string> {
    if (kill.kind === 'thread') return this.#killThread(kill.target, kill.manner)
    this.#counts[kill.kind]++
    if (kill.kind === 'device') {
      this.#fleet.tell.crash(kill.target, REASON)
      return `killed device ${kill.target}`
    }
    await this.#gateway.ask.crash(Number(kill.target))
    return `killed the connection of controller ${kill.target}`
  }

  async #killThread(name: string, planned: ThreadKillManner): Promise<string> {
    const saboteur = this.#saboteurs.find((ref) => seatName(this.#system.threadOf(ref)) === name)
    const isFromInside = planned !== 'terminate' && saboteur?.tell.strike(planned) === 'accepted'
    this.#counts.thread++
    if (!isFromInside) await this.#system.killThread(this.#seatOf(name))
    return `killed ${name} by ${mannerTexts[isFromInside ? planned : 'terminate']}`
  }

  #workers(): string[] {
    const { threads } = readGlance(this.#system)
    return threads.filter(({ name, state }) => name !== 'main' && state === 'running').map(({ name }) => name)
  }

  #seatOf(name: string): number {
    return this.#system.inspect().threads.find((thread) => thread.name === name)!.seat
  }

  #sabotagedSeats(): Set<number> {
    return new Set(this.#saboteurs.map((ref) => this.#system.threadOf(ref)))
  }
}
