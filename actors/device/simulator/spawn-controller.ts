import { type ActorRef, type SpawnOptions, systemRandom } from 'troupe'
import { checkDialling, checkSpawner, streamEndpoint } from '../../connection/early-check.ts'
import type { EndpointOptions } from '../../connection/endpoint.ts'
import type { LinkProtocol } from '../../connection/implement-connection.ts'
import { type DialOptions, dial, listen, type Spawner } from '../../connection/listen.ts'
import type { ListenerProtocol } from '../../connection/listener.actor.ts'
import type { ListenerOptions } from '../../connection/listener-options.ts'
import { type ControllerProtocol, type ControllerSetup, SimulatedController } from './controller.actor.ts'
import { type ControllerOptions, resolveControllerOptions } from './controller-options.ts'

/** Real ones are back in a quarter of a second. */
const backoff = Object.freeze({ minMs: 250, maxMs: 30_000 })

/**
 * A simulated controller that connects to a gateway, and again whenever its connection ends: `spawnController(system, 'tcp://127.0.0.1:23778',
 * { deviceId: 0x101 })`. Throws `UsageError` for options out of range.
 */
export function spawnController(
  spawner: Spawner,
  gateway: string | EndpointOptions,
  options: ControllerOptions,
  dialling: DialOptions = {},
): ActorRef<ControllerProtocol & LinkProtocol> {
  checkSpawner('spawnController', spawner)
  checkDialling('spawnController', { link: dialling.link, connectTimeoutMs: dialling.connectTimeoutMs })
  return dial(spawner, SimulatedController, streamEndpoint('spawnController', gateway), [setupOf(options)], {
    restart: 'permanent',
    backoff,
    ...dialling,
  })
}

/**
 * The same in the role of a server, as old specifications have it: it listens, and speaks to whoever connects as it would to the gateway it has
 * dialled. Its device is one and the same on one thread, however many connect.
 */
export function serveController(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  options: ControllerOptions,
  listening: ListenerOptions & { readonly spawn?: SpawnOptions } = {},
): ActorRef<ListenerProtocol> {
  checkSpawner('serveController', spawner)
  checkDialling('serveController', { link: listening.link })
  return listen(spawner, SimulatedController, streamEndpoint('serveController', endpoint), [setupOf(options)], {
    spread: 'one-thread',
    ...listening,
  })
}

function setupOf(options: ControllerOptions): ControllerSetup {
  // As good as unique within a process, whichever thread spawns.
  const key = `${systemRandom.next()}-${systemRandom.next()}`
  return { kind: 'own', key, options: resolveControllerOptions(options) }
}
