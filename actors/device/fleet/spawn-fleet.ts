import type { ActorRef, SpawnOptions } from 'troupe'
import { checkSpawner } from '../../connection/early-check.ts'
import type { Spawner } from '../../connection/listen.ts'
import { DeviceFleet } from './device-fleet.actor.ts'
import { type FleetOptions, resolveFleetOptions } from './fleet-options.ts'
import type { DeviceFleetProtocol } from './fleet-protocol.ts'

/**
 * A fleet of simulated controllers: `spawnFleet(system, { gateway: 'tcp://127.0.0.1:23778', deviceCount: 1_000 })`. They connect at a rate,
 * spread over the threads, and again whenever their connections end. Throws `UsageError` for options that are unknown or out of range.
 */
export function spawnFleet(
  spawner: Spawner,
  options: FleetOptions,
  spawning: SpawnOptions = {},
): ActorRef<DeviceFleetProtocol> {
  checkSpawner('spawnFleet', spawner)
  const args = [resolveFleetOptions(options)]
  return spawner.spawn(DeviceFleet as never, args as never, spawning) as ActorRef<DeviceFleetProtocol>
}
