import fc from 'fast-check'
import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import type { ChaosConfig } from '#actors/chaos/chaos-config'
import { ChaosSchedule, type ChaosScheduleOptions } from '#actors/chaos/chaos-schedule'
import { corrupt } from '#actors/chaos/corrupt'

interface Arrival {
  readonly atMs: number
  readonly text: string
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text)

/** Sends `count` messages, one each `everyMs`, and answers what arrives, with the time. */
function run(config: ChaosConfig, options: ChaosScheduleOptions, count: number, everyMs = 1) {
  const schedule = new ChaosSchedule(config, options)
  const arrivals: Arrival[] = []
  let nowMs = 0
  const deliver = (message: Uint8Array): boolean => {
    arrivals.push({ atMs: nowMs, text: Buffer.from(message).toString('latin1') })
    return true
  }
  const answers: string[] = []
  const goTo = (untilMs: number): void => {
    while (schedule.nextDueMs <= untilMs) {
      nowMs = Math.max(nowMs, schedule.nextDueMs)
      schedule.deliverDue(nowMs, deliver)
    }
    nowMs = untilMs
  }
  for (let n = 0; n < count; n++) {
    goTo(n * everyMs)
    answers.push(schedule.offer(bytesOf(`message ${n}`), nowMs, deliver))
  }
  goTo(nowMs + 10_000_000)
  return { schedule, arrivals, answers, texts: arrivals.map(({ text }) => text) }
}

const sent = (count: number): string[] => Array.from({ length: count }, (_, n) => `message ${n}`)
const numbersOf = (texts: readonly string[]): number[] => texts.map((text) => Number(text.slice('message '.length)))
const COUNT = 10_000

describe('a chaos schedule', () => {
  it('passes everything on at once, the same bytes, when there are no faults', () => {
    const schedule = new ChaosSchedule({}, { seed: 1 })
    const message = bytesOf('as it is')
    let got: Uint8Array | undefined
    expect(schedule.offer(message, 5, (bytes) => (got = bytes) !== undefined)).toBe('taken')
    expect(got).toBe(message)
    expect(schedule.counts).toMatchObject({ seenMessages: 1, seenBytes: 8, deliveredMessages: 1 })
    expect(schedule.nextDueMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('does the same with the same seed, and something else with another', () => {
    const config = { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.2, corruptionRate: 0.2, latencyVarianceMs: 9 }
    const one = run(config, { seed: 7 }, 500)
    expect(run(config, { seed: 7 }, 500).arrivals).toEqual(one.arrivals)
    expect(run(config, { seed: 8 }, 500).arrivals).not.toEqual(one.arrivals)
  })

  it('loses about as many as it is told', () => {
    const { schedule, texts } = run({ lossRate: 0.2 }, { seed: 1 }, COUNT)
    const { lostMessages } = schedule.counts
    expect(lostMessages / COUNT).toBeCloseTo(0.2, 1)
    expect(texts.length).toBe(COUNT - lostMessages)
    expect(schedule.counts.deliveredMessages).toBe(texts.length)
  })

  it('keeps the order under latency that varies, and is never early nor later than it may be', () => {
    const { arrivals, texts } = run({ latencyMs: 500, latencyVarianceMs: 200 }, { seed: 2 }, 1_000, 500)
    expect(texts).toEqual(sent(1_000))
    const lateMs = arrivals.map(({ atMs }, n) => atMs - n * 500)
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(300)
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(700)
    expect(Math.max(...lateMs) - Math.min(...lateMs)).toBeGreaterThan(200)
  })

  it('is never early, even where the variance is larger than the latency', () => {
    const { arrivals } = run({ latencyMs: 1, latencyVarianceMs: 50 }, { seed: 2 }, 1_000)
    expect(arrivals.every(({ atMs }, n) => atMs >= n)).toBe(true)
  })

  it('delivers some twice, and the second time the same', () => {
    const { schedule, texts } = run({ duplicateRate: 0.3 }, { seed: 3 }, COUNT)
    expect(schedule.counts.duplicatedMessages / COUNT).toBeCloseTo(0.3, 1)
    expect(texts.length).toBe(COUNT + schedule.counts.duplicatedMessages)
    expect(new Set(texts)).toEqual(new Set(sent(COUNT)))
  })

  it('lets later messages overtake some, and loses none', () => {
    const { schedule, texts } = run({ reorderRate: 0.1, scatterMs: 20 }, { seed: 4 }, COUNT)
    const numbers = numbersOf(texts)
    expect([...numbers].sort((one, other) => one - other)).toEqual(numbersOf(sent(COUNT)))
    const overtaken = numbers.filter((number, n) => n > 0 && number < numbers[n - 1]!).length
    expect(overtaken).toBeGreaterThan(COUNT / 50)
    expect(schedule.counts.reorderedMessages / COUNT).toBeCloseTo(0.1, 1)
    // Nobody is held for longer than the scatter.
    numbers.forEach((number, n) => void expect(Math.abs(number - n)).toBeLessThanOrEqual(20))
  })

  it('changes the bytes of some, never their length, and the caller’s never', () => {
    const schedule = new ChaosSchedule({ corruptionRate: 1 }, { seed: 5 })
    for (let n = 0; n < 1_000; n++) {
      const message = bytesOf(`message ${n}`)
      schedule.offer(message, n, (bytes) => {
        expect(bytes.length).toBe(message.length)
        expect(Buffer.compare(bytes, message)).not.toBe(0)
        return true
      })
      expect(Buffer.from(message).toString()).toBe(`message ${n}`)
    }
    expect(schedule.counts.corruptedMessages).toBe(1_000)
    schedule.offer(new Uint8Array(0), 1_001, (bytes) => bytes.length === 0)
    expect(schedule.counts).toMatchObject({ corruptedMessages: 1_000, deliveredMessages: 1_001 })
  })

  it.each([
    ['both', 'up', 0],
    ['both', 'down', 0],
    ['up', 'up', 0],
    ['up', 'down', 10],
    ['down', 'down', 0],
    ['down', 'up', 10],
    ['none', 'up', 10],
  ] as const)('partitioned %s, lets of 10 messages %s through: %d', (partitioned, direction, through) => {
    const { schedule, texts } = run({ partitioned }, { seed: 1, direction }, 10)
    expect(texts.length).toBe(through)
    expect(schedule.counts.partitionedMessages).toBe(10 - through)
    expect(schedule.isPartitioned).toBe(through === 0)
  })

  it('heals when it is told, and keeps the fate of what it holds', () => {
    const schedule = new ChaosSchedule({ latencyMs: 100 }, { seed: 1 })
    const got: string[] = []
    const deliver = (message: Uint8Array): boolean => got.push(Buffer.from(message).toString()) > 0
    schedule.offer(bytesOf('held'), 0, deliver)
    schedule.set({ partitioned: 'both' })
    schedule.offer(bytesOf('lost'), 1, deliver)
    schedule.set({})
    expect(schedule.config.partitioned).toBe('none')
    schedule.offer(bytesOf('behind the one held'), 2, deliver)
    expect(got).toEqual([])
    expect(schedule.deliverDue(100, deliver)).toBe(2)
    expect(got).toEqual(['held', 'behind the one held'])
  })

  it('lets a slow reader take no more bytes than it can', () => {
    const { arrivals } = run({ slowReaderBytesPerSecond: 100 }, { seed: 1 }, 10, 0)
    // 9 bytes each, 90 ms.
    expect(arrivals.map(({ atMs }) => Math.round(atMs))).toEqual([90, 180, 270, 360, 450, 540, 630, 720, 810, 900])
  })

  it('answers reset and kick, and counts what is lost by them', () => {
    expect(run({ resetRate: 1 }, { seed: 1 }, 1)).toMatchObject({
      answers: ['reset'],
      texts: [],
      schedule: { counts: { resets: 1, cutOffMessages: 1 } },
    })
    expect(run({ kickRate: 1, resetRate: 1 }, { seed: 1 }, 1)).toMatchObject({
      answers: ['kick'],
      texts: [],
      schedule: { counts: { kicks: 1, resets: 0, cutOffMessages: 1 } },
    })
  })

  it('holds no more than its limits, and counts nothing that it does not take', () => {
    const limits = { seed: 1, heldMessagesMax: 2, heldBytesMax: 100 }
    const schedule = new ChaosSchedule({ latencyMs: 10 }, limits)
    const never = (): boolean => false
    expect([1, 2, 3].map(() => schedule.offer(new Uint8Array(40), 0, never))).toEqual(['taken', 'taken', 'full'])
    expect(schedule).toMatchObject({ heldMessages: 2, heldBytes: 80, counts: { seenMessages: 2 } })
    expect(schedule.deliverDue(10, () => true)).toBe(2)
    expect(schedule.heldBytes).toBe(0)
    // One always fits, be it larger than the limit; behind it there is no room.
    expect(schedule.offer(new Uint8Array(1_000), 20, never)).toBe('taken')
    expect(schedule.offer(new Uint8Array(1), 20, never)).toBe('full')
    schedule.close()
    expect(schedule).toMatchObject({ heldMessages: 0, heldBytes: 0, counts: { cutOffMessages: 1 } })
  })

  it('leaves the copy out for which there is no room', () => {
    const schedule = new ChaosSchedule({ duplicateRate: 1, latencyMs: 1 }, { seed: 1, heldMessagesMax: 1 })
    expect(schedule.offer(new Uint8Array(1), 0, () => false)).toBe('taken')
    expect(schedule).toMatchObject({ heldMessages: 1, counts: { duplicatedMessages: 0 } })
  })

  it('keeps what is due while there is no room for it, in order', () => {
    const schedule = new ChaosSchedule({}, { seed: 1 })
    const got: string[] = []
    let room = 1
    const deliver = (message: Uint8Array): boolean => {
      if (room-- <= 0) return false
      return got.push(Buffer.from(message).toString()) > 0
    }
    for (const text of ['a', 'b', 'c']) expect(schedule.offer(bytesOf(text), 0, deliver)).toBe('taken')
    expect(got).toEqual(['a'])
    room = 1
    expect(schedule.deliverDue(0, deliver)).toBe(1)
    room = 5
    schedule.offer(bytesOf('d'), 1, deliver)
    schedule.deliverDue(1, deliver)
    expect(got).toEqual(['a', 'b', 'c', 'd'])
  })

  it.each([
    [{ seed: -1 }, 'seed'],
    [{ seed: 1.5 }, 'seed'],
    [{ seed: 2 ** 32 }, 'seed'],
    [{ seed: 1, heldMessagesMax: 0 }, 'heldMessagesMax'],
    [{ seed: 1, heldBytesMax: -1 }, 'heldBytesMax'],
  ])('refuses %j', (options, name) => {
    expect(() => new ChaosSchedule({}, options)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) }),
    )
  })

  it('accounts for every message, whatever the faults are', () => {
    const rate = fc.double({ min: 0, max: 0.5, noNaN: true })
    const configs = fc.record({
      lossRate: rate,
      duplicateRate: rate,
      reorderRate: rate,
      corruptionRate: rate,
      resetRate: rate,
      kickRate: rate,
      latencyMs: fc.nat(100),
      latencyVarianceMs: fc.nat(100),
    })
    fc.assert(
      fc.property(configs, fc.nat(), (config, seed) => {
        const { schedule, texts } = run(config, { seed }, 200)
        const { seenMessages, lostMessages, duplicatedMessages, cutOffMessages, deliveredMessages } = schedule.counts
        expect(seenMessages).toBe(200)
        expect(deliveredMessages).toBe(seenMessages - lostMessages - cutOffMessages + duplicatedMessages)
        expect(texts.length).toBe(deliveredMessages)
      }),
    )
  })
})

describe('corrupt', () => {
  it('changes at least one bit of anything but nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (bytes, seed) => {
        const changed = bytes.slice()
        corrupt(changed, new SeededRandom(seed))
        expect(Buffer.compare(changed, bytes) === 0).toBe(bytes.length === 0)
      }),
      { numRuns: 2_000 },
    )
  })
})
