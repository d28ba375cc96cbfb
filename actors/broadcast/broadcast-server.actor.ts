import { type ActorRef, Frame, implement, type Self } from 'troupe'
import { type CodecSpec, loadCodec } from '../codec/codec-spec.ts'
import type { ConnectionHostProtocol } from '../connection/connection-host.actor.ts'
import type { ConnectionInfo } from '../connection/connection-info.ts'
import { loadFraming } from '../connection/framing-spec.ts'
import type { LinkStatistics } from '../connection/link.ts'
import { linkDefaults } from '../connection/link-options.ts'
import { listen } from '../connection/listen.ts'
import type { ListenerProtocol, ListenerStatistics } from '../connection/listener.actor.ts'
import type { ListenerOptions } from '../connection/listener-options.ts'
import { Batch, type Gathered } from './batch.ts'
import { BroadcastLink, type LinkKeeper, type ValueReceiver } from './broadcast-link.actor.ts'
import { type BroadcastOverflow, linkOptions, type ServerOptions } from './broadcast-options.ts'
import { Intake, type Received } from './intake.ts'
import { type SendRefusal, sendRefusal } from './send-answer.ts'
import { sharedMemory } from './shared-memory.ts'
import { startedOr } from './started-or.ts'

/** A client, and what its connection has done so far; without statistics, one that is just coming or going. */
export interface ConnectedClient extends ConnectionInfo {
  readonly statistics: LinkStatistics | undefined
}

/** What a server has done since it was started. Counts and bytes. */
export interface BroadcastStatistics {
  /** Values that were sent, each counted once for all clients. */
  readonly sentMessages: number
  /** Their bytes, with what frames them. */
  readonly sentBytes: number
  /** Pieces of memory that they travelled in, each shared by all clients. */
  readonly batchCount: number
  /** Of these, batches for which the arena had no frame: they were copied once for each thread. */
  readonly copiedBatchCount: number
  /** Values that codec or framing could not carry. */
  readonly refusedCount: number
  readonly receivedMessages: number
  /** Received, and not yet asked for. */
  readonly waitingMessages: number
  /** Accepted, refused and removed clients; these by their reason. */
  readonly clients: ListenerStatistics
}

/** What every server of values understands. */
export interface ValueServer {
  /** Those who will get the next value. */
  clientCount(): Promise<number>
  connectedClients(): Promise<readonly ConnectedClient[]>
  statistics(): Promise<BroadcastStatistics>
  /** Where it listens, with the port that the operating system chose. */
  endpoint(): Promise<string>
  /**
   * Accepts nobody any more, sends what is queued, ends all connections, and stops. Answers how many clients had not taken
   * everything after `graceMs`, and were cut off. Milliseconds. @param graceMs 5_000 if left out
   */
  shutdown(graceMs?: number): Promise<number>
}

/** One producer, many consumers. */
export interface SenderServer<T> extends ValueServer {
  /**
   * To all clients. Answered when it is queued for all, or refused; a client that fails concerns nobody else. A `Frame` stands for
   * its bytes, with codec `raw`: that is how large values get here from another thread.
   */
  send(value: T | Frame): 'accepted' | SendRefusal
}

/** Many producers, one consumer. */
export interface ReceiverServer<T> extends ValueServer {
  /** The next value of any client. */
  recv(): Received<T>
  /** At least one, at most so many: fewer messages where many values wait. */
  recvMany(countMax: number): readonly Received<T>[]
}

/** Both directions: receives from any client, sends to all of them or to one. */
export interface DuplexServer<T, R = T> extends SenderServer<T>, ReceiverServer<R> {
  /** @param client the `from` of what it sent, or its `id`. Answers `no-client` if it is gone. */
  sendTo(client: string, value: T): 'accepted' | 'no-client' | SendRefusal
}

/** Plain values, and refs: they travel to the threads of the connections. */
export interface ServerSettings {
  readonly codec: CodecSpec
  readonly overflow: BroadcastOverflow
  readonly halfClosed: 'keep' | 'end'
  readonly receives: boolean
  readonly to: ActorRef<ValueReceiver> | undefined
  readonly inboxMessagesMax: number
  readonly inboxBytesMax: number
  readonly link: ServerOptions['link']
  readonly listener: Omit<ListenerOptions, 'link'>
}

interface ServerProtocol extends DuplexServer<unknown>, LinkKeeper {
  /** What was gathered in this turn is sent. */
  flush(): void
}

interface ServerState {
  readonly settings: ServerSettings
  readonly listener: ActorRef<ListenerProtocol>
  readonly hosts: readonly ActorRef<ConnectionHostProtocol>[]
  readonly batch: Batch<unknown>
  readonly intake: Intake<unknown>
  readonly counts: { sent: number; bytes: number; batches: number; copied: number; refused: number }
  isFlushDue: boolean
  /** Batches that somebody has no room for, or may not. */
  underWayCount: number
  /** A thread's ring was full: nothing may overtake what waits for it. */
  isHeldUp: boolean
  /** Told when nothing is under way. */
  onDelivered: (() => void) | undefined
}

type ServerSelf = Self<ServerState, ServerProtocol>

/** So much is sent without waiting for the end of the turn. Bytes. */
const FLUSH_BYTES = 65_536
/** With `block`: batches that wait for clients, before values do. */
const UNDER_WAY_MAX = 4
const ANSWER_MS = 10_000
const GRACE_MS = 5_000

/** Serves values on an endpoint. Spawned by `serveBroadcast`, `serveReceiver` and `serveDuplex`. */
export const BroadcastServer = implement<ServerProtocol>()({
  name: 'BroadcastServer',
  module: import.meta.url,
  async start(self, endpoint: string, settings: ServerSettings): Promise<ServerState> {
    const { codec, overflow, link, inboxMessagesMax, inboxBytesMax } = settings
    const framing = await loadFraming(link?.framing ?? linkDefaults.framing)
    const valueCodec = await loadCodec(codec)
    const batch = new Batch(valueCodec, framing)
    const listener = listen(self, BroadcastLink, endpoint, [linkSettings(self.ref, settings)], {
      ...settings.listener,
      link: linkOptions(link, overflow),
      spawn: { name: 'listener' },
    })
    await startedOr(listener)
    return {
      settings,
      listener,
      hosts: await self.ask(listener, { deadlineMs: ANSWER_MS }).hosts(),
      batch,
      intake: new Intake(valueCodec, inboxMessagesMax, inboxBytesMax),
      counts: { sent: 0, bytes: 0, batches: 0, copied: 0, refused: 0 },
      isFlushDue: false,
      underWayCount: 0,
      isHeldUp: false,
      onDelivered: undefined,
    }
  },
  on: {
    send(self, value) {
      if (!hasRoom(self.state)) return later(self)
      const refusal = add(self, value)
      if (refusal !== undefined) return refusal
      const { state } = self
      if (state.batch.bytes >= FLUSH_BYTES) flush(self)
      else if (!state.isFlushDue) {
        state.isFlushDue = true
        if (self.ref.tell.flush() !== 'accepted') flush(self)
      }
      return 'accepted'
    },
    sendTo(self, client, value) {
      if (!hasRoom(self.state)) return later(self)
      flush(self) // what was sent before goes before
      const refusal = add(self, value)
      if (refusal !== undefined) return refusal
      const { batch, hosts } = self.state
      const { bytes, messages } = batch.take() as Gathered
      const host = hosts.find(({ path }) => client.startsWith(`${path}/`))
      if (host === undefined) return 'no-client'
      return self
        .ask(host, { deadlineMs: ANSWER_MS })
        .toOne(client, 'batch', shared(self, bytes), messages)
        .then(
          (isThere) => (isThere ? 'accepted' : 'no-client'),
          () => 'no-client' as const, // its thread is lost
        )
    },
    flush,
    arrived: (self, from, memory, ends) => self.state.intake.arrived(self, from, memory, ends),
    recv: (self) => self.state.intake.take(self, 1)?.[0] as Received<unknown>,
    recvMany: (self, countMax) => self.state.intake.take(self, countMax) as Received<unknown>[],
    clientCount: (self) => self.ask(self.state.listener, { deadlineMs: ANSWER_MS }).connectionCount(),
    endpoint: (self) => self.ask(self.state.listener, { deadlineMs: ANSWER_MS }).endpoint(),
    async connectedClients(self) {
      const ask = self.ask(self.state.listener, { deadlineMs: ANSWER_MS })
      const [connections, statistics] = await Promise.all([ask.connections(), ask.linkStatistics()])
      return connections.map((connection) => ({ ...connection, statistics: statistics[connection.id] }))
    },
    async statistics(self) {
      const { listener, counts, intake } = self.state
      const clients = await self.ask(listener, { deadlineMs: ANSWER_MS }).statistics()
      return {
        sentMessages: counts.sent,
        sentBytes: counts.bytes,
        batchCount: counts.batches,
        copiedBatchCount: counts.copied,
        refusedCount: counts.refused,
        receivedMessages: intake.receivedMessages,
        waitingMessages: intake.count,
        clients,
      }
    },
    shutdown,
  },
})

function linkSettings(server: ActorRef<LinkKeeper>, { codec, halfClosed, receives, to }: ServerSettings) {
  const kept = { kind: 'keeper', ref: server } as const
  const destination = to !== undefined ? ({ kind: 'receiver', ref: to } as const) : receives ? kept : undefined
  return { codec, destination, halfClosed, endsAtOnce: false, role: 'server' } as const
}

function hasRoom({ isHeldUp, underWayCount }: ServerState): boolean {
  return !isHeldUp && underWayCount < UNDER_WAY_MAX
}

/** The message is handled again, and answered, when there is room. */
function later(self: ServerSelf): 'accepted' {
  self.stash()
  return 'accepted'
}

/** A bad value concerns its sender alone: all clients would be gone if it were an error of the server. */
function add(self: ServerSelf, value: unknown): SendRefusal | undefined {
  const { batch, counts } = self.state
  const before = batch.bytes
  try {
    batch.add(value instanceof Frame ? value.bytes : value)
  } catch (error) {
    counts.refused++
    return sendRefusal(self.log, error)
  }
  counts.sent++
  counts.bytes += batch.bytes - before
  return undefined
}

/** One message to each thread that has clients: all of them share the memory. */
function flush(self: ServerSelf): void {
  const { state } = self
  state.isFlushDue = false
  const gathered = state.batch.take()
  if (gathered === undefined) return
  const memory = shared(self, gathered.bytes)
  for (const host of state.hosts) {
    const waited =
      state.settings.overflow === 'block'
        ? askAll(state, host, memory, gathered)
        : tellAll(state, host, memory, gathered)
    if (waited !== undefined) underWay(self, waited)
  }
}

/** The bytes in memory that all threads see; without room for that, a copy, which each thread gets as its own. */
function shared(self: ServerSelf, bytes: Uint8Array): Frame | Uint8Array {
  const { counts } = self.state
  counts.batches++
  const frame = sharedMemory(self, bytes)
  if (frame !== undefined) return frame
  counts.copied++
  return Uint8Array.from(bytes)
}

/** Answers a promise if the way to that thread is full. */
function tellAll(
  state: ServerState,
  host: ActorRef<ConnectionHostProtocol>,
  memory: Frame | Uint8Array,
  { messages, ends }: Gathered,
): Promise<void> | undefined {
  // Only this policy drops single messages out of a batch.
  const args = state.settings.overflow === 'drop-oldest' ? [memory, messages, ends] : [memory, messages]
  if (host.tell.toAll('batch', ...args) !== 'mailbox-full') return undefined
  state.isHeldUp = true
  const kept = memory instanceof Uint8Array ? undefined : memory.retain()
  args[0] = kept ?? memory
  return tellLater(host, args).finally(() => kept?.release())
}

async function tellLater(host: ActorRef<ConnectionHostProtocol>, args: readonly unknown[]): Promise<void> {
  do await host.ready()
  while (host.tell.toAll('batch', ...args) === 'mailbox-full')
}

/** Resolves when every client of that thread has taken it, or is gone. */
async function askAll(
  { counts }: ServerState,
  host: ActorRef<ConnectionHostProtocol>,
  memory: Frame | Uint8Array,
  { messages }: Gathered,
): Promise<void> {
  const { ask } = host.with({ deadlineMs: Number.POSITIVE_INFINITY })
  await ask.askAll(`batch-${counts.batches}`, 'batch', memory, messages)
}

function underWay(self: ServerSelf, waited: Promise<void>): void {
  const { state } = self
  state.underWayCount++
  const done = (): void => {
    state.underWayCount--
    if (state.underWayCount === 0) {
      state.isHeldUp = false
      state.onDelivered?.()
    }
    if (hasRoom(state)) self.unstash()
  }
  waited.then(done, done).catch(() => {}) // this incarnation may have ended meanwhile
}

async function shutdown(self: ServerSelf, graceMs = GRACE_MS): Promise<number> {
  const { state } = self
  const dueMs = performance.now() + graceMs
  flush(self)
  await delivered(state, graceMs)
  // Behind this answer, each thread has passed on to its clients what was sent.
  const isPassedOn = state.hosts.map((host) => self.ask(host, { deadlineMs: ANSWER_MS }).berth())
  await Promise.allSettled(isPassedOn)
  const leftMs = Math.max(0, dueMs - performance.now())
  const ask = self.ask(state.listener, { deadlineMs: leftMs + ANSWER_MS })
  const left = await ask.close(leftMs)
  self.stop()
  return left
}

function delivered(state: ServerState, graceMs: number): Promise<void> {
  if (state.underWayCount === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, graceMs)
    state.onDelivered = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}
