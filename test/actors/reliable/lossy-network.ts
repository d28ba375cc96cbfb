import { SeededRandom } from 'troupe'
import type { MessagePriority } from '#actors/reliable/bounded-queue'
import type { IncomingMessage } from '#actors/reliable/incoming-message'
import { MessageIds } from '#actors/reliable/message-id'
import type { Outbox } from '#actors/reliable/outbox'
import { messageFlags, OutgoingMessage } from '#actors/reliable/outgoing-message'
import { encodeReliableFrame, type ReliableFrame } from '#actors/reliable/reliable-frame'
import type { DeviceMetrics } from '#actors/reliable/reliable-metrics'
import type { ReliableOptions } from '#actors/reliable/reliable-options'
import { ReliableSession } from '#actors/reliable/reliable-session'
import type { ResultKind } from '#actors/reliable/session-host'

/** What happens to frames. Rates 0 to 1. */
export interface Weather {
  readonly loss?: number
  readonly duplicate?: number
  readonly corrupt?: number
  /** Each frame takes so long, and up to so much longer: then frames overtake each other. Milliseconds. */
  readonly latencyMs?: number
  readonly varianceMs?: number
}

interface Flying {
  readonly dueMs: number
  readonly order: number
  readonly to: Side
  readonly bytes: Uint8Array
  readonly link: number
}

export interface SideOptions {
  readonly options?: ReliableOptions
  /** How long processing takes. Milliseconds. @default 0: at once */
  readonly processingMs?: () => number
  /** Why a message is refused. @default it is not */
  readonly refuse?: (text: string) => string | undefined
  readonly metrics?: DeviceMetrics
  readonly outbox?: Outbox
}

export interface SendOptions {
  readonly priority?: MessagePriority
  readonly ordered?: boolean
  readonly ttlMs?: number
  readonly id?: Uint8Array
}

export interface Result {
  readonly kind: ResultKind
  readonly reason: string
  readonly attempts: number
}

let incarnations = 0

/** One side of a session in a test, with all that happened to it. */
export class Side {
  readonly name: string
  session: ReliableSession
  readonly results = new Map<string, Result>()
  /** Texts, in the order in which they were processed. */
  readonly processed: string[] = []
  /** Delivered and not settled. */
  readonly open: IncomingMessage[] = []
  peer!: Side
  brokenLinks = 0
  peerLosses = 0
  rooms = 0
  isBlocked = false
  isHolding = false
  sentFrames: number[] = []
  readonly #network: LossyNetwork
  readonly #with: SideOptions
  readonly #ids: MessageIds

  constructor(network: LossyNetwork, name: string, withOptions: SideOptions, ids: MessageIds) {
    this.name = name
    this.#network = network
    this.#with = withOptions
    this.#ids = ids
    this.session = this.#make()
  }

  /** The process ends and begins again: what the session had in memory is gone. */
  restart(): void {
    this.open.length = 0
    this.session = this.#make()
  }

  send(text: string, { priority = 'normal', ordered = true, ttlMs, id }: SendOptions = {}) {
    const payload = new TextEncoder().encode(text)
    const nowMs = this.#network.nowMs
    const expiresMs = nowMs + (ttlMs ?? this.session.options.ttlMs)
    const message = new OutgoingMessage(
      id ?? this.#ids.next(),
      payload,
      messageFlags(ordered, priority),
      text,
      expiresMs,
    )
    const answer = this.session.send(message, nowMs)
    this.session.flush(nowMs)
    return { answer, id: message.idBytes }
  }

  settle(message: IncomingMessage, rejected?: string): void {
    this.session.settle(message, rejected, this.#network.nowMs)
    this.session.flush(this.#network.nowMs)
  }

  #make(): ReliableSession {
    const { options = {}, metrics, outbox } = this.#with
    return new ReliableSession(options, {
      sessionId: this.#ids.next().map((byte) => byte ^ this.#network.random.below(256)),
      incarnation: ++incarnations,
      random: this.#network.random,
      ...(metrics !== undefined && { metrics }),
      outbox,
      events: {
        transmit: (frame) => this.#transmit(frame),
        deliver: (message) => this.#deliver(message),
        finished: (message, kind, reason) => {
          const text = message.context as string | undefined
          if (text === undefined) return // of an earlier life
          if (this.results.has(text))
            throw new Error(`two results for ${text}: ${this.results.get(text)?.kind}, ${kind}`)
          this.results.set(text, { kind, reason, attempts: message.attempts })
        },
        room: () => this.rooms++,
        brokeLink: () => {
          this.brokenLinks++
          this.#network.breakLink()
        },
        peerLost: () => this.peerLosses++,
      },
    })
  }

  #transmit(frame: ReliableFrame): boolean {
    if (this.isBlocked) return false
    this.sentFrames.push(frame.kind)
    this.#network.fly(this.peer, encodeReliableFrame(frame))
    return true
  }

  #deliver(message: IncomingMessage): void {
    const text = new TextDecoder().decode(message.payload)
    const reason = this.#with.refuse?.(text)
    if (reason === undefined) this.processed.push(text)
    if (this.isHolding) {
      this.open.push(message)
      return
    }
    const ms = this.#with.processingMs?.() ?? 0
    const { session } = this
    if (ms === 0) session.settle(message, reason, this.#network.nowMs)
    else this.#network.later(ms, () => session === this.session && this.settle(message, reason))
  }
}

/** Two sessions, and what lies between them, under a seed and with time by hand. */
export class LossyNetwork {
  readonly random: SeededRandom
  nowMs = 1_000
  weather: Weather
  isPartitioned = false
  readonly a: Side
  readonly b: Side
  /** What the weather has done. Frames. */
  readonly counts = { lost: 0, duplicated: 0, corrupted: 0, overtaken: 0 }
  #flying: Flying[] = []
  #later: { readonly dueMs: number; readonly run: () => void }[] = []
  #order = 0
  /** Frames of an older link are lost with it. */
  #link = 0
  #isUp = false

  constructor(seed: number, weather: Weather, a: SideOptions = {}, b: SideOptions = a) {
    this.random = new SeededRandom(seed)
    this.weather = weather
    const fill = (bytes: Uint8Array) => void bytes.set(Uint8Array.from(bytes, () => this.random.below(256)))
    const ids = new MessageIds({ clock: { nowMs: () => Math.floor(this.nowMs) }, fill })
    this.a = new Side(this, 'a', a, ids)
    this.b = new Side(this, 'b', b, ids)
    this.a.peer = this.b
    this.b.peer = this.a
  }

  connect(): this {
    this.#link++
    this.#isUp = true
    for (const side of [this.a, this.b]) side.session.connected(this.nowMs)
    return this
  }

  breakLink(): void {
    if (!this.#isUp) return
    this.#isUp = false
    for (const side of [this.a, this.b]) side.session.disconnected()
    this.later(50, () => this.connect())
  }

  later(ms: number, run: () => void): void {
    this.#later.push({ dueMs: this.nowMs + ms, run })
  }

  fly(to: Side, bytes: Uint8Array): void {
    const { loss = 0, duplicate = 0, corrupt = 0 } = this.weather
    if (this.isPartitioned || this.random.next() < loss) {
      this.counts.lost++
      return
    }
    const copies = this.random.next() < duplicate ? 2 : 1
    this.counts.duplicated += copies - 1
    for (let n = 0; n < copies; n++) {
      const copy = bytes.slice()
      if (this.random.next() < corrupt) {
        copy[this.random.below(copy.length)]! ^= 1 << this.random.below(8)
        this.counts.corrupted++
      }
      this.#launch(to, copy)
    }
  }

  /** Goes on for so long, or until `isDone`. */
  run(ms: number, isDone: () => boolean = () => false): void {
    const endMs = this.nowMs + ms
    let idle = 0
    while (this.nowMs < endMs && !isDone()) {
      const before = this.nowMs
      const wakeMs = Math.min(this.a.session.wakeMs, this.b.session.wakeMs)
      const flyingMs = this.#flying[0]?.dueMs ?? Number.POSITIVE_INFINITY
      const laterMs = this.#later.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY)
      const nextMs = Math.min(endMs, wakeMs, flyingMs, laterMs)
      this.nowMs = Math.max(this.nowMs, nextMs)
      this.#step()
      idle = this.nowMs === before ? idle + 1 : 0
      if (idle > 1_000) throw new Error(`time stands still at ${this.nowMs}`)
    }
  }

  #launch(to: Side, bytes: Uint8Array): void {
    const { latencyMs = 1, varianceMs = 0 } = this.weather
    const dueMs = this.nowMs + latencyMs + varianceMs * this.random.next()
    const flying = { dueMs, order: this.#order++, to, bytes, link: this.#link }
    const index = this.#flying.findIndex((other) => other.dueMs > dueMs)
    if (index >= 0) this.counts.overtaken++
    this.#flying.splice(index < 0 ? this.#flying.length : index, 0, flying)
  }

  #step(): void {
    const due = this.#later.filter(({ dueMs }) => dueMs <= this.nowMs)
    this.#later = this.#later.filter(({ dueMs }) => dueMs > this.nowMs)
    for (const { run } of due) run()
    const heard = new Set<Side>()
    while ((this.#flying[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) {
      const { to, bytes, link } = this.#flying.shift() as Flying
      if (link !== this.#link || !this.#isUp) continue
      to.session.receive(bytes, this.nowMs)
      heard.add(to)
    }
    for (const side of heard) side.session.flush(this.nowMs)
    for (const side of [this.a, this.b]) if (side.session.wakeMs <= this.nowMs) side.session.poll(this.nowMs)
  }
}
