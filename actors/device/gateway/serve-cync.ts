import { type ActorRef, type SpawnOptions, UsageError } from 'troupe'
import { checkSpawner } from '../../connection/early-check.ts'
import type { EndpointOptions } from '../../connection/endpoint.ts'
import type { Spawner } from '../../connection/listen.ts'
import { CyncGateway, type CyncGatewayProtocol } from './gateway.actor.ts'
import { type GatewayOptions, resolveGatewayOptions } from './gateway-options.ts'
import { deviceEndpoint } from './tls-endpoint.ts'

export interface ServeCyncOptions extends GatewayOptions {
  /** Of the gateway. */
  readonly spawn?: SpawnOptions
}

/** 10,000 controllers may tell something at once. */
const MAILBOX = Object.freeze({ messagesMax: 1_000_000, bytesMax: 256_000_000 })

/**
 * Serves Cync controllers: `serveCync(system, 'tls://0.0.0.0:23779?certFile=/etc/cync/cert.pem&keyFile=/etc/cync/key.pem')`, or `tcp://` for
 * simulated ones. `ready()` of the answer rejects if an address cannot be listened on, or devices could not use the certificate. Throws
 * `UsageError` for endpoints and options that are none.
 */
export function serveCync(
  spawner: Spawner,
  endpoints: string | EndpointOptions | readonly (string | EndpointOptions)[],
  options: ServeCyncOptions = {},
): ActorRef<CyncGatewayProtocol> {
  checkSpawner('serveCync', spawner)
  const { spawn, ...gateway } = options
  resolveGatewayOptions(gateway) // a mistake shows where it was made
  const given = (Array.isArray(endpoints) ? endpoints : [endpoints]) as readonly (string | EndpointOptions)[]
  if (given.length === 0) throw new UsageError('invalid-option', 'serveCync: endpoints must be one or more, got none')
  const settings = { endpoints: given.map(deviceEndpoint), options: gateway }
  // Once closed it stays so.
  const spawning = { restart: 'transient', mailbox: MAILBOX, ...spawn } as const
  return spawner.spawn(CyncGateway as never, [settings] as never, spawning) as ActorRef<CyncGatewayProtocol>
}
