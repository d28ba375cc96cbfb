import type { ActorRef } from 'troupe'
import { checkSpawner } from '../connection/early-check.ts'
import type { Spawner } from '../connection/listen.ts'
import { Chaos, type ChaosProtocol } from './chaos.actor.ts'
import { type ChaosOptions, resolveChaosOptions } from './chaos-options.ts'

/**
 * Puts a bad network between two endpoints: `spawnChaos(system, { listen: 'tcp://127.0.0.1:0', to: 'tcp://127.0.0.1:7000', framing: { kind:
 * 'length-prefix' }, config: { lossRate: 0.2 }, seed: 7 })`. Who would connect to `to` connects to its `endpoint()` instead. `ready()` of the
 * answer rejects if the address cannot be listened on. Throws `UsageError` for options that are unknown, out of range, or impossible for
 * raw bytes (`chaos-needs-framing`).
 */
export function spawnChaos(spawner: Spawner, options: ChaosOptions): ActorRef<ChaosProtocol> {
  checkSpawner('spawnChaos', spawner)
  const { spawn, ...rest } = Object(options) as ChaosOptions
  const settings = resolveChaosOptions(rest)
  // Every accepted connection is a message to it, and many may come at once.
  const spawning = { restart: 'transient', mailbox: { messagesMax: 100_000 }, ...spawn } as const
  return spawner.spawn(Chaos as never, [settings] as never, spawning) as ActorRef<ChaosProtocol>
}
