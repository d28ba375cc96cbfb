import { createHash } from 'node:crypto'
import type { Log } from 'troupe'
import { openOutbox, type SessionHost } from './reliable-hosts.ts'
import type { ReliableMetrics } from './reliable-metrics.ts'
import { ReliablePeer } from './reliable-peer.ts'
import type { ServedPeer, ServerSettings } from './reliable-server.actor.ts'

/** The sessions of a server, by name of the peer. */
export class ServedPeers implements SessionHost {
  readonly #settings: ServerSettings
  readonly #metrics: ReliableMetrics
  readonly #log: Log
  readonly #peers = new Map<string, ReliablePeer>()
  /** Those whose outbox is being opened. */
  readonly #opening = new Map<string, Promise<ReliablePeer | undefined>>()
  #isClosed = false

  readonly #isStopping: () => boolean

  constructor(settings: ServerSettings, metrics: ReliableMetrics, log: Log, isStopping: () => boolean) {
    this.#isStopping = isStopping
    this.#settings = settings
    this.#metrics = metrics
    this.#log = log
  }

  get(name: string): ReliablePeer | undefined {
    return this.#peers.get(name)
  }

  list(): readonly ServedPeer[] {
    return Array.from(this.#peers, ([name, peer]) => ({
      name,
      isConnected: peer.isConnected,
      pendingMessages: peer.session.pendingCount,
    }))
  }

  peerOf(given: string, sessionId: Uint8Array): Promise<ReliablePeer | undefined> | ReliablePeer | undefined {
    const name = given === '' ? Buffer.from(sessionId).toString('hex') : given
    const known = this.#peers.get(name) ?? this.#opening.get(name)
    if (known !== undefined || this.#isClosed) return known
    if (this.#peers.size + this.#opening.size >= this.#settings.served.peersMax && !this.#makeRoom()) return undefined
    if (this.#settings.outbox === undefined) return this.#add(name, undefined)
    const opening = this.#open(name).finally(() => this.#opening.delete(name))
    this.#opening.set(name, opening)
    return opening
  }

  /** Ends a session. Answers whether there was one. */
  forget(name: string): boolean {
    const peer = this.#peers.get(name)
    if (peer === undefined) return false
    this.#peers.delete(name)
    this.#metrics.forget(name)
    peer.close()
    void peer.stop()
    return true
  }

  /** Those who have not been here for long. */
  forgetAbsent(nowMs: number): void {
    for (const [name, peer] of this.#peers) {
      if (nowMs - peer.detachedMs >= this.#settings.served.forgetMs) this.forget(name)
    }
  }

  /** For good: all peers are told. */
  close(): void {
    this.#isClosed = true
    for (const peer of this.#peers.values()) peer.close()
  }

  async stop(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#opening.values()])
    await Promise.all(Array.from(this.#peers.values(), (peer) => peer.stop()))
  }

  /** Of those who are not here, who has been away for longest goes. */
  #makeRoom(): boolean {
    let oldest: string | undefined
    let oldestMs = Number.POSITIVE_INFINITY
    for (const [name, { detachedMs }] of this.#peers) {
      if (detachedMs >= oldestMs) continue
      oldest = name
      oldestMs = detachedMs
    }
    return oldest !== undefined && this.forget(oldest)
  }

  async #open(name: string): Promise<ReliablePeer | undefined> {
    try {
      const outbox = await openOutbox(this.#settings.outbox, directoryName(name))
      return this.#add(name, outbox)
    } catch (error) {
      this.#log.error({ peer: name, error }, 'the outbox for a peer cannot be opened')
      return undefined
    }
  }

  #add(name: string, outbox: Awaited<ReturnType<typeof openOutbox>>): ReliablePeer {
    const { session: options, receivers } = this.#settings
    const [metrics, log, isStopping] = [this.#metrics, this.#log, this.#isStopping]
    const peer = new ReliablePeer({ options, peerName: name, receivers, metrics, log, outbox, isStopping })
    this.#peers.set(name, peer)
    return peer
  }
}

/** Of a name that a peer has given, which may be any text. */
function directoryName(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
