import type { ActorRef, BackoffOptions, SpawnOptions } from 'troupe'
import { ConnectionManager, type ConnectionManagerProtocol } from './connection-manager.actor.ts'
import { ConnectionPool, type PoolProtocol } from './connection-pool.actor.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from './endpoint.ts'
import type { ConnectionDefinition, LinkProtocol } from './implement-connection.ts'
import type { LinkOptions } from './link-options.ts'
import { Listener, type ListenerProtocol } from './listener.actor.ts'
import { type ListenerOptions, specOf } from './listener-options.ts'
import { type PoolOptions, resolvePoolOptions } from './pool-options.ts'

/** What can spawn: a system, or `self` in an actor. */
export interface Spawner {
  spawn: (definition: never, args: never, options?: SpawnOptions) => unknown
}

export interface DialOptions extends SpawnOptions {
  readonly link?: LinkOptions
  /** An attempt that takes longer fails. Milliseconds, > 0. @default 5_000 */
  readonly connectTimeoutMs?: number
}

/** Unlimited attempts: a peer that is away for a day is found again. */
export const dialBackoff: BackoffOptions = Object.freeze({ minMs: 100, maxMs: 30_000 })
const CONNECT_TIMEOUT_MS = 5_000
/** Three messages a connection, and thousands of these may come at once. */
const LISTENER_MAILBOX = Object.freeze({ messagesMax: 100_000, bytesMax: 64_000_000 })

/**
 * Listens: `listen(system, Chat, 'tcp://0.0.0.0:7000', [room])` spawns one `Chat` for each connection. `ready()` of the answer rejects
 * if the address cannot be listened on.
 * @param args what `start` of the definition gets behind the link
 */
export function listen<A extends unknown[], P>(
  spawner: Spawner,
  definition: ConnectionDefinition<A, P>,
  endpoint: string | EndpointOptions,
  args: NoInfer<A>,
  options: ListenerOptions & { readonly spawn?: SpawnOptions } = {},
): ActorRef<ListenerProtocol> {
  const { spawn, ...listener } = options
  const url = formatEndpoint(resolveEndpoint(endpoint))
  const listenerArgs = [url, specOf(definition as never, args), listener]
  // Once closed it stays closed.
  const spawning = { restart: 'transient', mailbox: LISTENER_MAILBOX, ...spawn } as const
  return spawner.spawn(Listener as never, listenerArgs as never, spawning) as ActorRef<ListenerProtocol>
}

/**
 * Opens a connection: `dial(system, Chat, 'tcp://example.org:7000', [room])`. The actor fails with its connection; its supervisor starts
 * it again after 100 ms to 30 s, as often as it takes, and it connects anew. What it is told meanwhile waits in its mailbox, for
 * `mailbox.ttlMs` at most. It ends with a connection that the peer ends in order; `restart: 'permanent'` connects again then too, and
 * `'temporary'` never does.
 */
export function dial<A extends unknown[], P>(
  spawner: Spawner,
  definition: ConnectionDefinition<A, P>,
  endpoint: string | EndpointOptions,
  args: NoInfer<A>,
  options: DialOptions = {},
): ActorRef<P & LinkProtocol> {
  const { link = {}, connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS, ...spawn } = options
  const source = { endpoint: resolveEndpoint(endpoint), timeoutMs }
  const spawning = { restart: 'transient', backoff: dialBackoff, ...spawn } as const
  return spawner.spawn(definition as never, [source, link, ...args] as never, spawning) as never
}

/**
 * A manager for the connections of several endpoints, none of which is bound yet: `await manager.ask.bind('unix:///run/a.sock')`.
 * @param options of each listener; `connectionsMax` is for all of them together too
 */
export function manageConnections<A extends unknown[], P>(
  spawner: Spawner,
  definition: ConnectionDefinition<A, P>,
  args: NoInfer<A>,
  options: Omit<ListenerOptions, 'observer'> & { readonly spawn?: SpawnOptions } = {},
): ActorRef<ConnectionManagerProtocol> {
  const { spawn, ...listener } = options
  const managerArgs = [specOf(definition as never, args), listener]
  return spawner.spawn(ConnectionManager as never, managerArgs as never, spawn) as ActorRef<ConnectionManagerProtocol>
}

/**
 * Keeps connections and lends them: `connectionPool(system, Client, [])`, then `await pool.ask.acquire('tcp://example.org:7000')`.
 * Connections live on any thread; none comes back after its end, the next `acquire` makes another. Throws
 * `UsageError` for options out of range.
 * @param args what `start` of the definition gets behind the link
 */
export function connectionPool<A extends unknown[], P>(
  spawner: Spawner,
  definition: ConnectionDefinition<A, P>,
  args: NoInfer<A>,
  options: PoolOptions & { readonly link?: LinkOptions; readonly spawn?: SpawnOptions } = {},
): ActorRef<PoolProtocol<P>> {
  const { spawn = {}, link = {}, ...pool } = options
  resolvePoolOptions(pool) // a mistake shows where it was made
  const poolArgs = [specOf(definition as never, args), link, pool]
  return spawner.spawn(ConnectionPool as never, poolArgs as never, spawn) as ActorRef<PoolProtocol<P>>
}
