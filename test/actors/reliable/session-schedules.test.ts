import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import type { ReliableOptions } from '#actors/reliable/reliable-options'
import { testSeed } from '../../support/test-seed.ts'
import { LossyNetwork, type Weather } from './lossy-network.ts'
import { ScheduleOutbox } from './schedule-outbox.ts'

const SCHEDULES = 750
const STEPS = 40
const first = testSeed('schedules of two sessions')

/** Who dies meanwhile; who dies has an outbox or not. */
type Deaths = 'nobody' | 'sender' | 'sender with outbox' | 'receiver'

interface Seen {
  lost: number
  duplicated: number
  corrupted: number
  restarts: number
  rejected: number
  abandoned: number
  cancelled: number
}

function optionsOf(random: SeededRandom): ReliableOptions {
  const pick = <T>(...values: T[]): T => values[random.below(values.length)] as T
  const receiveQueueMax = pick(6, 8, 30)
  return {
    windowMax: pick(5, 8, 33),
    sendQueueMax: pick(3, 20, 200),
    sendPolicy: pick('block', 'reject', 'drop-oldest'),
    receiveQueueMax,
    receivePolicy: pick('block', 'block', 'reject', 'drop-oldest'),
    processingMax: pick(1, 3, 50),
    chunkBytes: 64,
    messageBytesMax: 300,
    timeoutMs: pick(300, 1_000),
    keepAliveMs: 1_500,
    ackDelayMs: pick(0, 20),
    ttlMs: pick(60_000, 1_500_000),
    retry: { retriesMax: pick(3, 40), baseMs: 50, capMs: 500 },
    dedup: { entriesMax: 1_000 },
  }
}

function weatherOf(random: SeededRandom): Weather {
  const rate = (most: number): number => (random.below(2) === 0 ? 0 : random.next() * most)
  return {
    loss: rate(0.25),
    duplicate: rate(0.4),
    corrupt: rate(0.1),
    latencyMs: random.below(40),
    varianceMs: random.below(2) * random.below(60),
  }
}

/** One schedule: a sender and a receiver, and all that can go wrong between them. */
class Schedule {
  readonly network: LossyNetwork
  readonly random: SeededRandom
  readonly #deaths: Deaths
  readonly #outbox: ScheduleOutbox | undefined
  readonly #sent: { readonly text: string; readonly id: Uint8Array; readonly life: number; isAccepted: boolean }[] = []
  #life = 0

  constructor(seed: number, deaths: Deaths) {
    this.random = new SeededRandom(seed)
    this.#deaths = deaths
    const [options, other] = [optionsOf(this.random), optionsOf(this.random)]
    const hasOutbox = deaths === 'sender with outbox' || (deaths === 'nobody' && this.random.below(3) === 0)
    if (hasOutbox) {
      this.#outbox = new ScheduleOutbox(
        () => this.network,
        new Uint8Array(16).map(() => this.random.below(256)),
      )
    }
    const processingMs = (): number => (this.random.below(3) === 0 ? this.random.below(40) : 0)
    const refuse = (text: string): string | undefined => (text.includes('7 ') ? 'unlucky' : undefined)
    this.network = new LossyNetwork(
      seed,
      weatherOf(this.random),
      { options, ...(this.#outbox && { outbox: this.#outbox }) },
      { options: other, processingMs, refuse },
    )
    this.#listen()
    this.network.connect()
  }

  step(): void {
    const { network, random } = this
    const what = random.below(20)
    if (what < 12) this.#send()
    else if (what === 12) network.breakLink()
    else if (what === 13) network.isPartitioned = !network.isPartitioned
    else if (what === 14) this.#cancel()
    else if (what === 15 && random.below(3) === 0) this.#die()
    else if (what === 16) network.a.isBlocked = !network.a.isBlocked
    if (!network.a.isBlocked) network.a.session.writable(network.nowMs)
    if (random.below(2) === 0) network.run(random.below(random.below(10) === 0 ? 5_000 : 60))
    this.#checkLimits()
  }

  /** All heals, and everything ends. */
  end(): void {
    const { network } = this
    network.isPartitioned = false
    network.a.isBlocked = false
    network.a.session.writable(network.nowMs)
    network.weather = { ...network.weather, loss: Math.min(network.weather.loss ?? 0, 0.1) }
    network.run(2_000_000, () => network.a.session.pendingCount === 0)
    expect(network.a.session.pendingCount, 'pending at the end').toBe(0)
    network.run(5_000)
    this.#check()
    expect(this.#outbox?.unconfirmedCount ?? 0, 'unconfirmed at the end').toBe(0)
  }

  addTo(seen: Seen): void {
    const { counts, a } = this.network
    seen.lost += counts.lost
    seen.duplicated += counts.duplicated
    seen.corrupted += counts.corrupted
    seen.restarts += this.#life
    for (const { kind } of a.results.values()) if (kind !== 'delivered') seen[kind]++
  }

  #send(): void {
    const { network, random } = this
    const ordered = random.below(3) > 0
    const name = `${ordered ? 'o' : 'u'}${String(this.#sent.length).padStart(4, '0')} `
    const text = name.padEnd(random.below(4) === 0 ? 6 + random.below(250) : 8, 'x')
    const priority = (['low', 'normal', 'normal', 'high'] as const)[random.below(4)]!
    const ttl = random.below(10) === 0 ? { ttlMs: 1 + random.below(2_000) } : {}
    const { answer, id } = network.a.send(text, { ordered, priority, ...ttl })
    this.#sent.push({ text, id, life: this.#life, isAccepted: answer === 'accepted' })
  }

  #cancel(): void {
    const { random, network } = this
    const { id } = (random.below(2) === 0 ? this.#sent.at(-1) : this.#sent[random.below(this.#sent.length)]) ?? {}
    if (id !== undefined) network.a.session.cancel(id, network.nowMs)
    if (random.below(4) > 0) return
    network.run(random.below(60))
    this.#die()
  }

  #die(): void {
    if (this.#deaths === 'nobody') return
    this.#life++
    this.network.breakLink()
    if (this.#deaths === 'receiver') return this.network.b.restart()
    this.#outbox?.die()
    this.network.a.restart()
    this.#listen()
  }

  #listen(): void {
    const { session } = this.network.a
    if (this.#outbox !== undefined) this.#outbox.onFlushed = () => session.stored(this.network.nowMs)
  }

  #checkLimits(): void {
    const { a, b } = this.network
    const [out, into] = [a.session.statistics, b.session.statistics]
    expect(out.queuedMessages).toBeLessThanOrEqual(a.session.options.sendQueueMax)
    expect(into.processingMessages).toBeLessThanOrEqual(b.session.options.processingMax)
  }

  #check(): void {
    const { a, b } = this.network
    const times = new Map<string, number>()
    for (const text of b.processed) times.set(text, (times.get(text) ?? 0) + 1)
    const texts = new Set(this.#sent.map(({ text }) => text))
    for (const text of times.keys()) expect(texts.has(text), `processed what was sent: ${text}`).toBe(true)
    // Who remembers has died: see what is promised.
    if (this.#deaths !== 'receiver') expect([...times].filter(([, count]) => count > 1)).toEqual([])
    for (const { text, life, isAccepted } of this.#sent) {
      const result = a.results.get(text)
      if (!isAccepted) expect(times.has(text)).toBe(false)
      else if (this.#deaths === 'nobody' || this.#deaths === 'receiver' || life === this.#life) {
        expect(result, `a result for ${text}`).toBeDefined()
      }
      if (result?.kind === 'delivered') expect(times.has(text), `${text} is delivered`).toBe(true)
      if (result?.kind === 'rejected') expect(times.has(text), `${text} is rejected`).toBe(false)
      if (result !== undefined && result.attempts === 0) expect(times.has(text), `${text} was not sent`).toBe(false)
    }
    if (this.#deaths === 'receiver') return
    const ordered = b.processed.filter((text) => text.startsWith('o'))
    expect(ordered).toEqual(ordered.toSorted())
  }
}

describe(`two sessions through ${SCHEDULES} schedules each, from seed ${first}`, { timeout: 120_000 }, () => {
  it.each<Deaths>(['nobody', 'sender', 'sender with outbox', 'receiver'])(
    'keep their promises, and come to an end, while %s dies',
    (deaths) => {
      const seen: Seen = { lost: 0, duplicated: 0, corrupted: 0, restarts: 0, rejected: 0, abandoned: 0, cancelled: 0 }
      for (let n = 0; n < SCHEDULES; n++) {
        const seed = (first + n) % 2 ** 32
        try {
          const schedule = new Schedule(seed, deaths)
          for (let step = 0; step < STEPS; step++) schedule.step()
          schedule.end()
          schedule.addTo(seen)
        } catch (error) {
          throw new Error(`TROUPE_SEED=${seed}: ${String(error)}`, { cause: error })
        }
      }
      if (deaths === 'nobody') seen.restarts = SCHEDULES
      for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(SCHEDULES / 20)
    },
  )
})
