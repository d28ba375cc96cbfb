import { type ActorRef, type SpawnOptions, UsageError } from 'troupe'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import type { Spawner } from '../connection/listen.ts'
import { Broker, type BrokerLinkOptions, type BrokerProtocol } from './broker.actor.ts'
import type { BrokerOptions } from './broker-options.ts'

export interface ServeBrokerOptions extends BrokerOptions {
  /** Of every connection. @default those of any link */
  readonly link?: BrokerLinkOptions
  readonly spawn?: SpawnOptions
}

/**
 * Starts a broker: `serveBroker(system, ['tcp://0.0.0.0:7000', 'unix:///run/broker.sock'], { topics: [{ name: 'signals' }] })`. `ready()` of
 * the answer rejects if an address cannot be listened on or an option is wrong.
 */
export function serveBroker(
  spawner: Spawner,
  endpoints: string | EndpointOptions | readonly (string | EndpointOptions)[],
  options: ServeBrokerOptions = {},
): ActorRef<BrokerProtocol> {
  const { link = {}, spawn, ...broker } = options
  const given = (Array.isArray(endpoints) ? endpoints : [endpoints]) as readonly (string | EndpointOptions)[]
  if (given.length === 0) throw new UsageError('invalid-option', 'serveBroker: endpoints must be one or more, got none')
  const settings = { endpoints: given.map((endpoint) => formatEndpoint(resolveEndpoint(endpoint))), broker, link }
  // Once shut down it stays so.
  const spawning = { restart: 'transient', ...spawn } as const
  return spawner.spawn(Broker as never, [settings] as never, spawning) as ActorRef<BrokerProtocol>
}
