import { type ActorDefinition, type ActorRef, CapacityError, implement, type Self, type TroupeError } from 'troupe'
import { formatEndpoint, resolveEndpoint } from './endpoint.ts'
import type { LinkProtocol } from './implement-connection.ts'
import type { LinkOptions } from './link-options.ts'
import { type ConnectionSpec, loadDefinition } from './listener-options.ts'
import { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from './pool-options.ts'

/** What a pool has, and what it has done since it was started. Counts. */
export interface PoolStatistics {
  /** Connections that count for the limits: lent, idle, being made, being closed. */
  readonly openCount: number
  readonly lentCount: number
  readonly idleCount: number
  /** Asks that wait for a connection. */
  readonly waitingCount: number
  readonly createdCount: number
  /** Lent again. */
  readonly reusedCount: number
  /** Asks that were answered `pool-exhausted`. */
  readonly exhaustedCount: number
  readonly connectFailedCount: number
  /** Not lent because they did not answer; they are closed. */
  readonly checkFailedCount: number
  /** Ended while they were lent. */
  readonly lostCount: number
  /** Closed because nobody wanted them, or to make room for another endpoint. */
  readonly evictedCount: number
  /** Given back by the end of who had borrowed them. */
  readonly recoveredCount: number
}

/** @typeParam P what the connections understand beside `LinkProtocol` */
export interface PoolProtocol<P = unknown> {
  /**
   * A connection to that endpoint, the asker's until `release`: one that is there, or a new one. Answers the error where there is none to
   * be had: `pool-exhausted` after `waitMs`, `invalid-endpoint`, or why it could not be made.
   * @param borrower when this actor has stopped for good, the connection is given back
   */
  acquire(endpoint: string, borrower?: ActorRef<never>): Promise<ActorRef<P & LinkProtocol> | TroupeError>
  /** Gives back what `acquire` answered. Anything else is ignored, so that nothing is given back twice. */
  release(connection: ActorRef<P & LinkProtocol>): void
  statistics(): PoolStatistics
  /** Closes a connection that is still idle. */
  evict(number: number): void
}

interface Pooled {
  readonly number: number
  readonly url: string
  readonly ref: ActorRef<LinkProtocol>
  /** `opening`: by an ask, which sees to it; `checking` likewise. */
  use: 'opening' | 'checking' | 'lent' | 'idle' | 'closing'
  borrower: string | undefined
}

/** What an ask that waits is given: a connection to check, or leave to make one, which counts already. */
type Grant = Pooled | 'room'

interface Waiting {
  readonly url: string
  readonly grant: (grant: Grant) => void
}

interface PoolState {
  readonly definition: ActorDefinition<never, LinkProtocol>
  readonly args: readonly unknown[]
  readonly link: LinkOptions
  readonly options: ResolvedPoolOptions
  /** By the text of their refs. */
  readonly connections: Map<string, Pooled>
  /** Per endpoint, with leave to make one included. */
  readonly places: Map<string, number>
  /** In the order in which they became so. */
  readonly idle: Set<Pooled>
  readonly waiting: Set<Waiting>
  readonly borrowers: Map<string, { readonly ref: ActorRef<never>; readonly lent: Set<Pooled> }>
  placeCount: number
  lastNumber: number
  readonly counts: Record<Counted, number>
}

type Counted = 'created' | 'reused' | 'exhausted' | 'connectFailed' | 'checkFailed' | 'lost' | 'evicted' | 'recovered'
type PoolSelf = Self<PoolState, PoolProtocol>

/** Keeps connections to any number of endpoints, and lends them. Spawned by `connectionPool`. */
export const ConnectionPool = implement<PoolProtocol>()({
  name: 'ConnectionPool',
  module: import.meta.url,
  concurrency: 100_000,
  async start(_self, spec: ConnectionSpec, link: LinkOptions, options: PoolOptions): Promise<PoolState> {
    return {
      definition: (await loadDefinition(spec)) as ActorDefinition<never, LinkProtocol>,
      args: spec.args,
      link,
      options: resolvePoolOptions(options),
      connections: new Map(),
      places: new Map(),
      idle: new Set(),
      waiting: new Set(),
      borrowers: new Map(),
      placeCount: 0,
      lastNumber: 0,
      counts: {
        created: 0,
        reused: 0,
        exhausted: 0,
        connectFailed: 0,
        checkFailed: 0,
        lost: 0,
        evicted: 0,
        recovered: 0,
      },
    }
  },
  on: {
    async acquire(self, endpoint, borrower) {
      const { signal } = self.context
      const found = await connectionTo(self, endpoint)
      if (found instanceof Error) return found
      lend(self, found, borrower)
      // Who asked has given up meanwhile, and will never give it back.
      if (signal.aborted) giveBack(self, found)
      return found.ref as never
    },
    release(self, connection) {
      const pooled = self.state.connections.get(keyOf(connection))
      if (pooled?.use === 'lent') giveBack(self, pooled)
    },
    statistics: ({ state }) => statisticsOf(state),
    evict(self, number) {
      for (const pooled of self.state.idle) if (pooled.number === number) evict(self, pooled)
    },
  },
  signals: {
    down(self, ref) {
      const { state } = self
      const key = keyOf(ref)
      const pooled = state.connections.get(key)
      if (pooled !== undefined) return ended(self, key, pooled)
      const borrower = state.borrowers.get(key)
      for (const lent of [...(borrower?.lent ?? [])]) {
        state.counts.recovered++
        giveBack(self, lent)
      }
    },
  },
})

async function connectionTo(self: PoolSelf, endpoint: string): Promise<Pooled | TroupeError> {
  const { state } = self
  let url: string
  try {
    url = formatEndpoint(resolveEndpoint(endpoint))
  } catch (error) {
    return error as TroupeError // the asker's mistake, and no reason for the pool to fail
  }
  for (;;) {
    const grant = takeIdle(self, url) ?? takeRoom(self, url) ?? (await turn(state, url))
    if (grant === undefined) return exhausted(state, url)
    if (grant === 'room') return open(self, url)
    if (await isAnswering(self, grant)) {
      state.counts.reused++
      return grant
    }
    // Its place is free when it has ended; until then another one may be.
  }
}

function takeIdle(self: PoolSelf, url: string): Pooled | undefined {
  // The one used last: the others come to the end of their time.
  const found = [...self.state.idle].findLast((pooled) => pooled.url === url)
  if (found === undefined) return undefined
  self.state.idle.delete(found)
  self.timers.cancel(timerOf(found))
  found.use = 'checking'
  return found
}

/** Leave to make a connection, which counts from now on. */
function takeRoom(self: PoolSelf, url: string): 'room' | undefined {
  const { state } = self
  const { connectionsMax, endpointConnectionsMax } = state.options
  const places = state.places.get(url) ?? 0
  if (places >= endpointConnectionsMax) return undefined
  if (state.placeCount >= connectionsMax) {
    const [oldest] = state.idle
    if (oldest !== undefined) evict(self, oldest) // the place is free when it has ended
    return undefined
  }
  state.placeCount++
  state.places.set(url, places + 1)
  return 'room'
}

/** Waits for its turn; undefined when it does not come in time. */
function turn({ waiting, options }: PoolState, url: string): Promise<Grant | undefined> {
  const { waitMs, waitingMax } = options
  if (waiting.size >= waitingMax || waitMs === 0) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const entry: Waiting = {
      url,
      grant(grant) {
        clearTimeout(timer)
        waiting.delete(entry)
        resolve(grant)
      },
    }
    const timer = setTimeout(() => {
      waiting.delete(entry)
      resolve(undefined)
    }, waitMs)
    waiting.add(entry)
  })
}

function exhausted({ counts, options, placeCount, places }: PoolState, url: string): CapacityError {
  counts.exhausted++
  const { connectionsMax, endpointConnectionsMax, waitMs } = options
  const text =
    `no connection to ${url} was free within ${waitMs} ms: ${places.get(url) ?? 0} of ${endpointConnectionsMax} ` +
    `to this endpoint, ${placeCount} of ${connectionsMax} in all`
  return new CapacityError('pool-exhausted', text)
}

async function open(self: PoolSelf, url: string): Promise<Pooled | TroupeError> {
  const { state } = self
  const { definition, args, link, options } = state
  const source = { endpoint: resolveEndpoint(url), timeoutMs: options.connectTimeoutMs }
  const spawning = { restart: 'temporary', placement: 'any', stopping: 'together' } as const
  const ref = self.spawn(definition, [source, link, ...args] as never, spawning)
  const pooled: Pooled = { number: ++state.lastNumber, url, ref, use: 'opening', borrower: undefined }
  state.connections.set(keyOf(ref), pooled)
  self.watch(ref as ActorRef<never>)
  try {
    await ref.ready()
    state.counts.created++
    return pooled
  } catch (error) {
    state.counts.connectFailed++
    return ((error as TroupeError).cause ?? error) as TroupeError
  }
}

/** A connection that does not answer is closed, and not lent. */
async function isAnswering(self: PoolSelf, pooled: Pooled): Promise<boolean> {
  try {
    await self.ask(pooled.ref, { deadlineMs: self.state.options.checkMs }).linkStatistics()
    return true
  } catch {
    self.state.counts.checkFailed++
    pooled.use = 'closing'
    void self.stopChild(pooled.ref as ActorRef<never>).catch(() => {}) // gone already
    return false
  }
}

function lend(self: PoolSelf, pooled: Pooled, borrower: ActorRef<never> | undefined): void {
  pooled.use = 'lent'
  // It may have ended on its way.
  if (borrower === undefined || !self.state.connections.has(keyOf(pooled.ref))) return
  const key = keyOf(borrower)
  pooled.borrower = key
  const { borrowers } = self.state
  const known = borrowers.get(key)
  if (known !== undefined) return void known.lent.add(pooled)
  borrowers.set(key, { ref: borrower, lent: new Set([pooled]) })
  self.watch(borrower)
}

/** To the first who waits for it, or among the idle ones. */
function giveBack(self: PoolSelf, pooled: Pooled): void {
  const { state } = self
  forgetBorrower(self, pooled)
  for (const { url, grant } of state.waiting) {
    if (url !== pooled.url) continue
    pooled.use = 'checking'
    return grant(pooled)
  }
  pooled.use = 'idle'
  state.idle.add(pooled)
  self.timers.once(timerOf(pooled), state.options.idleMs, 'evict', pooled.number)
  // Somebody may wait for a place that this one takes.
  if (state.waiting.size > 0 && state.placeCount >= state.options.connectionsMax) evict(self, pooled)
}

function forgetBorrower(self: PoolSelf, pooled: Pooled): void {
  const { borrowers } = self.state
  const borrower = borrowers.get(pooled.borrower ?? '')
  if (borrower === undefined) return
  borrower.lent.delete(pooled)
  if (borrower.lent.size > 0) return
  borrowers.delete(pooled.borrower as string)
  self.unwatch(borrower.ref)
}

function evict(self: PoolSelf, pooled: Pooled): void {
  const { state } = self
  state.idle.delete(pooled)
  state.counts.evicted++
  self.timers.cancel(timerOf(pooled))
  pooled.use = 'closing'
  pooled.ref.tell.endLink()
}

/** A connection is gone for good: its place is free. */
function ended(self: PoolSelf, key: string, pooled: Pooled): void {
  const { state } = self
  if (pooled.use === 'lent') state.counts.lost++
  state.connections.delete(key)
  state.idle.delete(pooled)
  self.timers.cancel(timerOf(pooled))
  forgetBorrower(self, pooled)
  state.placeCount--
  const places = (state.places.get(pooled.url) ?? 1) - 1
  if (places > 0) state.places.set(pooled.url, places)
  else state.places.delete(pooled.url)
  for (const waiting of [...state.waiting]) {
    const room = takeRoom(self, waiting.url)
    if (room !== undefined) return waiting.grant(room)
  }
}

function statisticsOf({ connections, idle, waiting, placeCount, counts }: PoolState): PoolStatistics {
  let lentCount = 0
  for (const { use } of connections.values()) if (use === 'lent') lentCount++
  return {
    openCount: placeCount,
    lentCount,
    idleCount: idle.size,
    waitingCount: waiting.size,
    createdCount: counts.created,
    reusedCount: counts.reused,
    exhaustedCount: counts.exhausted,
    connectFailedCount: counts.connectFailed,
    checkFailedCount: counts.checkFailed,
    lostCount: counts.lost,
    evictedCount: counts.evicted,
    recoveredCount: counts.recovered,
  }
}

/** The same for all refs to an actor. */
function keyOf(ref: ActorRef<never> | ActorRef<LinkProtocol>): string {
  return JSON.stringify(ref)
}

function timerOf({ number }: Pooled): string {
  return `idle-${number}`
}
