import { availableParallelism } from 'node:os'
import { type ActorDefinition, type ActorRef, UsageError } from 'troupe'
import type { ConnectionInfo } from './connection-info.ts'
import type { LinkOptions } from './link-options.ts'
import { checkedOptions, type OptionRules } from './option-check.ts'
import { canMoveSockets } from './socket-port.ts'

/** What is spawned for each connection: the export of that name's definition, found by its module as other threads find it. */
export interface ConnectionSpec {
  readonly module: string
  readonly name: string
  /** What its `start` gets behind the link. */
  readonly args: readonly unknown[]
}

/**
 * How connections get to their threads. `move`: one thread accepts and hands each socket over (Node 24 and later, TCP and TLS). `reuse-port`:
 * each thread accepts for itself (Node 22.12 and later, TCP and TLS). `one-thread`: they stay where they were accepted.
 */
export type Spread = 'auto' | 'move' | 'reuse-port' | 'one-thread'

/** Who wants to know of the connections of a listener. */
export interface ListenerObserver {
  /** It listens, for the first time or again after its thread was lost: none of its earlier connections is there any more. */
  listening(listener: string, endpoint: string): void
  connectionOpened(connection: ConnectionInfo): void
  /** @param errorCode why, or undefined when both sides had ended */
  connectionClosed(connection: ConnectionInfo, errorCode: string | undefined): void
}

export interface ListenerOptions {
  /** Of every connection. */
  readonly link?: LinkOptions
  /** Threads that connections live on. Count, 1 to 64. @default what the machine has in parallel, less one, and 1 at least */
  readonly threads?: number
  /** @default 'auto': the first of the ways that this Node has */
  readonly spread?: Spread
  /** Connections at the same time; one more is closed at once, and counted. Count, >= 1. @default 10_000 */
  readonly connectionsMax?: number
  /** Of these, from one address. Count, >= 1. @default Infinity */
  readonly addressConnectionsMax?: number
  /** Connections that the operating system holds ready while nobody accepts. Count, 1 to 65_535. @default 4_096 */
  readonly backlog?: number
  /** For TLS: a handshake that takes longer is given up. Milliseconds, > 0. @default 10_000 */
  readonly handshakeTimeoutMs?: number
  /** Told of every connection. @default nobody */
  readonly observer?: ActorRef<ListenerObserver> | undefined
}

export type ResolvedListenerOptions = Readonly<Required<ListenerOptions>>

const defaults: ResolvedListenerOptions = Object.freeze({
  link: {},
  threads: Math.max(1, availableParallelism() - 1),
  spread: 'auto',
  connectionsMax: 10_000,
  addressConnectionsMax: Number.POSITIVE_INFINITY,
  backlog: 4_096,
  handshakeTimeoutMs: 10_000,
  observer: undefined,
})

const rules: OptionRules<ListenerOptions> = {
  link: () => {}, // checked with each link
  threads: { min: 1, max: 64, unit: 'threads', isWhole: true },
  spread: ['auto', 'move', 'reuse-port', 'one-thread'],
  connectionsMax: { min: 1, max: 1_000_000, unit: 'connections', isWhole: true },
  addressConnectionsMax: { min: 1, max: Number.POSITIVE_INFINITY, unit: 'connections', isWhole: true },
  backlog: { min: 1, max: 65_535, unit: 'connections', isWhole: true },
  handshakeTimeoutMs: { min: 1, max: 2_147_483_647, unit: 'ms' },
  observer: () => {},
}

export function resolveListenerOptions(options: ListenerOptions): ResolvedListenerOptions {
  return checkedOptions('listen', options, defaults, rules)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const hasReusePort = process.platform === 'linux' && (major > 22 || (major === 22 && minor >= 12))

/** The way that connections are spread here. Throws `not-supported` for one that was asked for and is not to be had. */
export function spreadOf(asked: Spread, protocol: string): Exclude<Spread, 'auto'> {
  // A pipe is no handle that Node moves, and no port.
  const canMove = canMoveSockets && protocol !== 'unix'
  const canReuse = hasReusePort && protocol !== 'unix'
  if (asked === 'auto') return canMove ? 'move' : canReuse ? 'reuse-port' : 'one-thread'
  if ((asked === 'move' && !canMove) || (asked === 'reuse-port' && !canReuse)) {
    const needs = `${asked === 'move' ? 'Node 24 or later' : 'Node 22.12 or later on Linux'}, and no Unix socket`
    throw new UsageError('not-supported', `listen: spread '${asked}' needs ${needs}; this is Node ${process.version}`)
  }
  return asked
}

/** A definition as other threads find it. */
export function specOf(definition: ActorDefinition<never, unknown>, args: readonly unknown[]): ConnectionSpec {
  return { module: definition.module, name: definition.name, args }
}

/** The definition that is meant, in this thread. Rejects with `definition-missing`. */
export async function loadDefinition({ module, name }: ConnectionSpec): Promise<ActorDefinition> {
  const exports = Object.values((await import(module)) as Record<string, unknown>) as Partial<ActorDefinition>[]
  const found = exports.find((value) => value?.module === module && value?.name === name)
  if (found !== undefined) return found as ActorDefinition
  throw new UsageError('definition-missing', `${module} exports no actor definition named '${name}'`)
}
