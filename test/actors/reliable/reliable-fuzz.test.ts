import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import type { IncomingMessage } from '#actors/reliable/incoming-message'
import { MessageIds } from '#actors/reliable/message-id'
import { messageFlags, OutgoingMessage } from '#actors/reliable/outgoing-message'
import { ReliableFrame } from '#actors/reliable/reliable-frame'
import { frameKinds } from '#actors/reliable/reliable-frame-layout'
import type { ReliableOptions } from '#actors/reliable/reliable-options'
import { ReliableSession } from '#actors/reliable/reliable-session'
import { testSeed } from '../../support/test-seed.ts'

const INPUTS = 1_000_000
const seed = testSeed('reliable fuzz')
const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { readonly hex: string }[]
const samples = vectors.map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex')))

/** With the right checksum, so that what is behind it is looked at. */
function sealed(bytes: Uint8Array): Uint8Array {
  const crc = crc32(bytes.subarray(4))
  for (let n = 0; n < 4; n++) bytes[n] = crc >>> (8 * n)
  return bytes
}

/** Frames of which some bytes are others, some are missing, some are new; or bytes that never were one. */
class Mutations {
  readonly random: SeededRandom
  readonly #room = new Uint8Array(1_024)

  constructor(random: SeededRandom) {
    this.random = random
  }

  next(): Uint8Array {
    const { random } = this
    const sample = samples[random.below(samples.length)]!
    const isNoise = random.below(4) === 0
    const length = isNoise || random.below(8) === 0 ? random.below(160) : sample.length
    if (isNoise) for (let at = 0; at < length; at++) this.#room[at] = random.below(256)
    else this.#room.set(sample)
    for (let change = random.below(4); change > 0; change--) this.#room[random.below(length + 1)] = random.below(256)
    if (random.below(2) === 0) this.#room[4] = 1
    if (isNoise && random.below(2) === 0) this.#room[5] = random.below(8)
    const bytes = this.#room.subarray(0, length)
    return random.below(16) > 0 && length > 4 ? sealed(bytes) : bytes
  }
}

const options: ReliableOptions = {
  windowMax: 8,
  sendQueueMax: 10,
  sendPolicy: 'drop-oldest',
  receiveQueueMax: 8,
  processingMax: 4,
  chunkBytes: 64,
  messageBytesMax: 300,
  ttlMs: 5_000,
  dedup: { entriesMax: 20, ttlMs: 2_000 },
}
/** An acknowledgement, a SKIP and a HELLO, eight refusals, and a window that is sent again. */
const ANSWERS_MAX = 64
/** One session hears so many: later, most sequences are behind or far away. */
const VICTIM_INPUTS = 500

/** A session whose peer says what chance has it say. */
class Victim {
  readonly session: ReliableSession
  readonly open: IncomingMessage[] = []
  readonly own = new Uint8Array(16).fill(9)
  nowMs = 1_000
  answers = 0
  accepted = 0
  results = 0
  delivered = 0
  readonly #ids: MessageIds

  constructor(random: SeededRandom) {
    const fill = (bytes: Uint8Array) => void bytes.forEach((_, n) => void (bytes[n] = random.below(256)))
    this.#ids = new MessageIds({ clock: { nowMs: () => Math.floor(this.nowMs) }, fill })
    this.session = new ReliableSession(options, {
      sessionId: this.own,
      incarnation: 1,
      random,
      events: {
        transmit: () => {
          this.answers++
          return random.below(50) > 0
        },
        deliver: (message) => {
          this.delivered++
          if (message.payload.length > 300) throw new Error(`${message.payload.length} bytes were delivered`)
          this.open.push(message)
        },
        finished: (message) => {
          this.results++
          if (message.context !== 'open') throw new Error('a second result, or one of nobody')
          Object.assign(message, { context: 'over' })
        },
        room: () => {},
        brokeLink: () => {},
        peerLost: () => {},
      },
    })
    this.session.connected(this.nowMs)
  }

  #send(bytes: number, isOrdered: boolean): void {
    const expiresMs = this.nowMs + 5_000
    const flags = messageFlags(isOrdered, 'normal')
    const message = new OutgoingMessage(this.#ids.next(), new Uint8Array(bytes), flags, 'open', expiresMs)
    if (this.session.send(message, this.nowMs) === 'accepted') this.accepted++
  }

  /** What its owner does meanwhile, by chance. */
  live(random: SeededRandom): void {
    if (random.below(4) === 0) this.#send(random.below(320), random.below(3) > 0)
    if (random.below(3) === 0 && this.open.length > 0) {
      const [message] = this.open.splice(random.below(this.open.length), 1)
      this.session.settle(message!, random.below(5) === 0 ? 'no' : undefined, this.nowMs)
    }
    if (random.below(20) > 0) return
    this.nowMs += random.below(400)
    this.session.poll(this.nowMs)
    this.session.writable(this.nowMs)
  }

  /** What must hold whatever a peer says. */
  check(): void {
    const { processingMessages, pendingMessages, queuedMessages } = this.session.statistics
    const isWithin =
      processingMessages === this.open.length &&
      processingMessages <= 4 &&
      queuedMessages <= 10 &&
      pendingMessages <= 8 + 1 + 10 &&
      pendingMessages === this.accepted - this.results &&
      this.session.dedup.size <= 20
    if (!isWithin) expect({ ...this.session.statistics, open: this.open.length }).toBe('within its limits')
  }
}

/** A frame that this session takes for one of its peer, with values around what there is, and far from it. */
function plausible(frame: ReliableFrame, random: SeededRandom, near: number): ReliableFrame {
  const sequence = (): number => {
    if (random.below(2_000) === 0) return random.below(2) * 2 ** 52 + random.below(3)
    return Math.max(0, near + random.below(30) - 12)
  }
  const kinds = [2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 1, 6] as const
  frame.kind = random.below(400) === 0 ? frameKinds.hello : kinds[random.below(10)]!
  frame.flags = random.below(32)
  frame.from = 0x07070707
  frame.to = 0x09090909
  frame.sessionId.fill(7)
  frame.heldSessionId.fill(random.below(2) * 9)
  frame.incarnation = 1 + random.below(2)
  frame.sequence = sequence()
  frame.base = Math.min(
    frame.kind === frameKinds.data ? frame.sequence : Number.MAX_SAFE_INTEGER,
    Math.max(1, sequence()),
  )
  if (random.below(4) > 0 && frame.kind !== frameKinds.hello)
    frame.base = Math.min(frame.sequence, Math.max(1, near - 5))
  frame.next = frame.base + random.below(10)
  frame.cumulative = sequence()
  frame.credit = random.below(20) === 0 ? 0xffff_ffff : random.below(20)
  frame.messageBytes = random.below(400)
  frame.chunkOffset = random.below(4) * 16
  frame.idD = random.below(10) === 0 ? random.below(60) : frame.sequence
  frame.payload = payload.subarray(0, Math.min(random.below(65), Math.max(0, frame.messageBytes - frame.chunkOffset)))
  if ((frame.flags & 6) === 6 && random.below(4) > 0) {
    frame.chunkOffset = 0
    frame.messageBytes = frame.payload.length
  }
  frame.text = frame.kind === frameKinds.hello || frame.kind === frameKinds.nack ? payload.subarray(0, 5) : nothing
  frame.reason = 1
  frame.rangeCount = 0
  for (let n = random.below(4); n > 0; n--) {
    frame.addRange(
      random.below(40) === 0 ? 0xffff_ffff : random.below(20),
      random.below(10) * random.below(7_000),
      random.below(4),
    )
  }
  return frame
}

/** What it says, one frame after the other: HELLOs now and then, or it would soon be a stranger; what might be true; and rubbish. */
class HostilePeer {
  readonly #random: SeededRandom
  readonly #mutations: Mutations
  readonly #frame = new ReliableFrame()
  readonly #room = new Uint8Array(1_024)

  constructor(random: SeededRandom) {
    this.#random = random
    this.#mutations = new Mutations(random)
  }

  next(input: number): Uint8Array {
    const frame = this.#frame
    if (input % 10 > 0 && this.#random.below(10) === 0) return this.#mutations.next()
    plausible(frame, this.#random, 1 + Math.floor(input / 12))
    if (input % 10 === 0) {
      Object.assign(frame, { kind: frameKinds.hello, flags: 0, base: 1, next: 1, credit: 20, messageBytes: 300 })
      frame.text = nothing
    }
    return this.#room.subarray(0, frame.writeTo(this.#room, 0))
  }
}

const payload = new Uint8Array(64).fill(3)
const nothing = new Uint8Array(0)

describe(`Reliable frames and sessions with ${INPUTS} inputs, seed ${seed}`, { timeout: 120_000 }, () => {
  it('read them all as a frame that is as long as they are, or say what is wrong', () => {
    const mutations = new Mutations(new SeededRandom(seed))
    const frame = new ReliableFrame()
    const seen = new Map<string, number>()
    for (let input = 0; input < INPUTS; input++) {
      const bytes = mutations.next()
      const fault = frame.read(bytes)
      const what = fault ?? `kind ${frame.kind}`
      seen.set(what, (seen.get(what) ?? 0) + 1)
      if (fault === undefined && frame.byteLength !== bytes.length) expect([...bytes]).toBe('as long as it says')
    }
    const kinds = [1, 2, 3, 4, 5, 6].map((kind) => `kind ${kind}`)
    for (const what of [...kinds, 'too-short', 'checksum', 'version', 'kind', 'length', 'range']) {
      expect(seen.get(what), what).toBeGreaterThan(100)
    }
  })

  it('stay within their limits, answer a frame with few, and give each message one result', () => {
    const random = new SeededRandom((seed + 1) % 2 ** 32)
    const peer = new HostilePeer(random)
    const done = { delivered: 0, results: 0, resent: 0, refused: 0, duplicates: 0, bad: 0 }
    for (let victims = 0; victims < INPUTS / VICTIM_INPUTS; victims++) {
      const victim = new Victim(random)
      for (let input = 0; input < VICTIM_INPUTS; input++) {
        victim.answers = 0
        victim.session.receive(peer.next(input), victim.nowMs)
        victim.session.flush(victim.nowMs)
        if (victim.answers > ANSWERS_MAX) expect(victim.answers).toBeLessThanOrEqual(ANSWERS_MAX)
        victim.live(random)
        victim.check()
      }
      const { resentFrames, refusedFrames, duplicateFrames, badFrames } = victim.session.statistics
      victim.session.close(victim.nowMs)
      expect(victim.results).toBe(victim.accepted)
      done.results += victim.results
      done.delivered += victim.delivered
      done.resent += resentFrames
      done.refused += refusedFrames
      done.duplicates += duplicateFrames
      done.bad += badFrames
    }
    for (const [what, count] of Object.entries(done)) expect(count, what).toBeGreaterThan(1_000)
  })
})
