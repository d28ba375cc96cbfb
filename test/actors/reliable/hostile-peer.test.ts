import { describe, expect, it } from 'vitest'
import type { IncomingMessage } from '#actors/reliable/incoming-message'
import { MemoryOutbox } from '#actors/reliable/memory-outbox'
import { messageFlags, OutgoingMessage } from '#actors/reliable/outgoing-message'
import { encodeReliableFrame, ReliableFrame } from '#actors/reliable/reliable-frame'
import { dataFlags, frameKinds, SEQUENCE_MAX } from '#actors/reliable/reliable-frame-layout'
import type { ReliableOptions } from '#actors/reliable/reliable-options'
import { ReliableSession } from '#actors/reliable/reliable-session'

const PEER = new Uint8Array(16).fill(7)
const OWN = new Uint8Array(16).fill(9)

/** A session, and a peer that says what it likes. */
class Victim {
  readonly session: ReliableSession
  readonly sent: ReliableFrame[] = []
  readonly delivered: IncomingMessage[] = []
  readonly results: string[] = []
  nowMs = 1_000
  readonly #sessionId: Uint8Array

  constructor(options: ReliableOptions = {}, outbox?: MemoryOutbox) {
    this.#sessionId = outbox?.sessionId ?? OWN
    this.session = new ReliableSession(options, {
      sessionId: OWN,
      incarnation: 1,
      outbox,
      events: {
        transmit: (frame) => {
          const copy = new ReliableFrame()
          copy.read(encodeReliableFrame(frame))
          this.sent.push(copy)
          return true
        },
        deliver: (message) => void this.delivered.push(message),
        finished: ({ attempts }, kind, reason) => void this.results.push(`${kind} ${reason} ${attempts}`),
        room: () => {},
        brokeLink: () => {},
        peerLost: () => {},
      },
    })
    this.session.connected(this.nowMs)
  }

  hello(fields: Partial<ReliableFrame> = {}, session = PEER): this {
    const frame = Object.assign(new ReliableFrame(), {
      kind: frameKinds.hello,
      base: 1,
      next: 1,
      credit: 100,
      messageBytes: 1_000_000,
      incarnation: 5,
      ...fields,
    })
    frame.sessionId.set(session)
    frame.heldSessionId.set(this.session.isUp ? this.#sessionId : new Uint8Array(16))
    return this.hear(frame)
  }

  data(sequence: number, fields: Partial<ReliableFrame> = {}): this {
    const payload = fields.payload ?? new Uint8Array(4)
    const whole = {
      payload,
      flags: dataFlags.first | dataFlags.last,
      messageBytes: payload.length,
      base: 1,
      credit: 100,
    }
    return this.hear(
      Object.assign(new ReliableFrame(), { kind: frameKinds.data, sequence, idD: sequence, ...whole, ...fields }),
    )
  }

  say(kind: ReliableFrame['kind'], fields: Partial<ReliableFrame>, ranges: readonly number[][] = []): this {
    const frame = Object.assign(new ReliableFrame(), { kind, credit: 100, ...fields })
    for (const [offset, length, state = 0] of ranges) frame.addRange(offset!, length!, state)
    return this.hear(frame)
  }

  hear(frame: ReliableFrame): this {
    frame.from = 0x07070707
    frame.to = Buffer.from(this.#sessionId).readUInt32LE()
    this.session.receive(encodeReliableFrame(frame), this.nowMs)
    this.session.flush(this.nowMs)
    return this
  }

  send(text: string): void {
    const payload = new TextEncoder().encode(text)
    this.session.send(new OutgoingMessage(new Uint8Array(16), payload, messageFlags(true, 'normal')), this.nowMs)
  }

  take(kind: ReliableFrame['kind']): ReliableFrame[] {
    return this.sent.filter((frame) => frame.kind === kind)
  }
}

describe('A reliable session whose peer is hostile', () => {
  it('counts on beyond the largest sequence that there can be', () => {
    const victim = new Victim().hello({ base: SEQUENCE_MAX, next: SEQUENCE_MAX })
    victim.data(SEQUENCE_MAX, { base: SEQUENCE_MAX })
    victim.say(frameKinds.skip, { base: SEQUENCE_MAX }, [
      [0, 0xffff],
      [0xffff_ffff, 0xffff],
    ])
    victim.say(frameKinds.ack, { cumulative: SEQUENCE_MAX }, [[0xffff_ffff, 0xffff, 1]])
    victim.say(frameKinds.nack, { sequence: SEQUENCE_MAX })
    expect(victim.session.statistics.badFrames).toBe(0)
    expect(victim.delivered).toHaveLength(1)
  })

  it('does not believe in an acknowledgement of what it has not sent', () => {
    const victim = new Victim({ windowMax: 2 }).hello()
    for (const text of ['a', 'b', 'c', 'd']) victim.send(text)
    expect(victim.take(frameKinds.data)).toHaveLength(2)
    victim.say(frameKinds.ack, { cumulative: 3 })
    victim.say(frameKinds.ack, { cumulative: 1_000_000 })
    victim.say(frameKinds.ack, { cumulative: 0 }, [
      [3, 2, 2],
      [100, 100, 2],
    ])
    victim.data(1, { cumulative: 4 })
    victim.hello({ cumulative: 4 })
    expect(victim.results).toEqual([])
    victim.say(frameKinds.ack, { cumulative: 2 })
    expect(victim.results).toEqual(['delivered  1', 'delivered  1'])
    expect(victim.take(frameKinds.data)).toHaveLength(4)
  })

  it('sends no more than its window, whatever is promised, and nothing beyond what is allowed', () => {
    const victim = new Victim({ windowMax: 5, sendQueueMax: 50 }).hello({ credit: 0xffff_ffff })
    for (let n = 0; n < 40; n++) victim.send(`${n}`)
    victim.say(frameKinds.ack, { cumulative: 0, credit: 0xffff_ffff })
    expect(victim.take(frameKinds.data)).toHaveLength(5)
    const other = new Victim().hello({ credit: 1 })
    for (let n = 0; n < 40; n++) other.send(`${n}`)
    other.say(frameKinds.ack, { cumulative: 0, credit: 0 })
    expect(other.take(frameKinds.data)).toHaveLength(1)
  })

  it('holds no more than its credit of chunks that never end', () => {
    const victim = new Victim({ receiveQueueMax: 10 }).hello()
    for (let n = 1; n <= 200; n++) {
      victim.data(n, { flags: n === 1 ? dataFlags.first : 0, messageBytes: 500_000, chunkOffset: 4 * (n - 1) })
    }
    expect(victim.session.statistics).toMatchObject({ receivedFrames: 10, refusedFrames: 190 })
    expect(victim.delivered).toEqual([])
  })

  it.each([
    ['overlap', [0, 2], [8, 8]],
    ['leave a gap', [0, 5], [9, 9]],
    ['are fewer bytes than they say', [0, 4], [9, 9]],
    ['do not agree about the whole', [0, 4], [8, 9]],
    ['say to be much more than they are', [0, 4], [900_000, 900_000]],
  ])('refuses chunks that %s', (_what, offsets, totals) => {
    const victim = new Victim().hello()
    for (const n of [0, 1]) {
      const flags = n === 0 ? dataFlags.first : dataFlags.last
      victim.data(n + 1, { flags, chunkOffset: offsets[n]!, messageBytes: totals[n]! })
    }
    expect(victim.delivered).toEqual([])
    expect(victim.take(frameKinds.nack).map(({ sequence, textString }) => [sequence, textString])).toEqual([
      [2, 'chunks-do-not-fit'],
    ])
    victim.say(frameKinds.skip, { base: 3 })
    expect(victim.data(3, { base: 3 }).delivered).toHaveLength(1)
  })

  it('refuses a total that is too large with the first chunk of it', () => {
    const victim = new Victim({ messageBytesMax: 100 }).hello()
    victim.data(1, { flags: dataFlags.first, messageBytes: 0xffff_ffff })
    expect(victim.take(frameKinds.nack).map(({ textString }) => textString)).toEqual(['message-too-large'])
    expect(victim.session.statistics.receivedFrames).toBe(0)
  })

  it('takes a HELLO as often as it comes, answers each, and processes nothing again', () => {
    const victim = new Victim().hello().data(1).hello().hello().data(1)
    victim.session.settle(victim.delivered[0]!, undefined, victim.nowMs)
    victim.hello({ base: 1 }).data(1)
    expect(victim.delivered).toHaveLength(1)
    expect(victim.session.statistics.duplicateFrames).toBe(2)
  })

  it('drops frames of a session that is over, and asks for a HELLO, seldom', () => {
    const victim = new Victim().hello().hello({ incarnation: 6 }, new Uint8Array(16).fill(8))
    for (let n = 1; n <= 50; n++) victim.data(n)
    expect(victim.delivered).toEqual([])
    expect(victim.session.statistics.strayFrames).toBe(50)
    expect(victim.take(frameKinds.reset)).toHaveLength(1)
  })

  it('processes no more at once than it may, however many sessions one peer begins', () => {
    const victim = new Victim({ processingMax: 3, receiveQueueMax: 10 })
    for (let session = 1; session <= 20; session++) {
      victim.hello({ incarnation: session })
      for (let n = 1; n <= 10; n++) victim.data(n, { idC: session })
      victim.hello({ incarnation: session }, new Uint8Array(16).fill(session + 100))
    }
    expect(victim.delivered).toHaveLength(3)
    expect(victim.session.statistics.processingMessages).toBe(3)
  })

  it('leaves a refusal of what is still to be sent for later: it is no delivery', async () => {
    const outbox = new MemoryOutbox()
    const id = new Uint8Array(16)
    for (let n = 1; n <= 3; n++) outbox.store(n, id, 0, new Uint8Array(1))
    await outbox.flushed()
    const victim = new Victim({ windowMax: 1 }, outbox).hello()
    victim.say(frameKinds.nack, { sequence: 2 })
    expect(victim.take(frameKinds.skip)).toEqual([])
    victim.say(frameKinds.ack, { cumulative: 1 })
    victim.say(frameKinds.nack, { sequence: 2, text: new TextEncoder().encode('too hot') })
    expect(victim.results).toEqual(['delivered  1', 'rejected too hot 1'])
  })
})
