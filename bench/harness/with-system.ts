import { type ActorRef, type ActorSystem, createSystem } from 'troupe'
import { Gate, type GateProtocol } from '../actors/gate.actor.ts'
import type { Tally } from './bench-case.ts'

/** What a program of ours stands on. */
export interface BenchSystem {
  readonly system: ActorSystem
  readonly gate: ActorRef<GateProtocol>
  /** Resolves when actors have reported to the gate so often, with the sum of what they reported. */
  readonly reported: (reports?: number) => Promise<Tally>
}

/** Longer than any run may take, so that the time limit of the harness decides. */
const REPORT_DEADLINE_MS = 600_000

/**
 * Runs a program on a system as it is shipped: no option but the number of threads. With `threads` 0 all actors live on
 * the calling thread, else the gate does and the rest is placed by the program. Only benches that make thousands of actors
 * fail ask for silence: their peers log nothing either.
 */
export async function withSystem<T>(
  threads: number,
  program: (bench: BenchSystem) => Promise<T>,
  log?: 'silent',
): Promise<T> {
  const system = await createSystem(log === undefined ? { threads } : { threads, log })
  const gate = system.spawn(Gate, [], { placement: 'here' })
  const reported = (reports = 1): Promise<Tally> => gate.with({ deadlineMs: REPORT_DEADLINE_MS }).ask.wait(reports)
  try {
    return await program({ system, gate, reported })
  } finally {
    await system.shutdown()
  }
}
