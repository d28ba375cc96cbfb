import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AckTimeout } from '#actors/device/gateway/ack-timeout'
import { HomeFinder } from '#actors/device/gateway/homes'
import { LatencyHistogram } from '#actors/device/gateway/latency-histogram'
import { checkTimeZone, localTime } from '#actors/device/gateway/local-time'
import { PastAttempts } from '#actors/device/gateway/past-attempts'
import { SeenSequences } from '#actors/device/gateway/seen-sequences'
import { ATTEMPTS_MAX, SentAttempts } from '#actors/device/gateway/sent-attempts'

describe('the sequences seen on a connection', () => {
  it('knows one that comes again within 10 s, of the same kind', () => {
    const seen = new SeenSequences()
    expect(seen.hasSeen(0, 7, 0)).toBe(false)
    expect(seen.hasSeen(0, 7, 10_000)).toBe(true)
    expect(seen.hasSeen(1, 7, 10_000)).toBe(false)
    expect(seen.hasSeen(0, 7, 10_001)).toBe(false)
  })

  it('does as a list of all would, of which the last 64 count', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(90), fc.nat(400)), { maxLength: 400 })
    fc.assert(
      fc.property(steps, (given) => {
        const seen = new SeenSequences()
        let remembered: { kind: number; sequence: number; atMs: number }[] = []
        let nowMs = 0
        for (const [kind, sequence, ms] of given) {
          nowMs += ms
          remembered = remembered.filter(({ atMs }) => nowMs - atMs <= 10_000)
          const isKnown = remembered.slice(-64).some((one) => one.kind === kind && one.sequence === sequence)
          expect(seen.hasSeen(kind, sequence, nowMs)).toBe(isKnown)
          if (!isKnown) remembered.push({ kind, sequence, atMs: nowMs })
        }
      }),
    )
  })
})

describe('the attempts sent over a connection', () => {
  it('never use an outer sequence that something is remembered by', () => {
    const attempts = new SentAttempts(0xfffe)
    const outers = Array.from({ length: 5 }, (_, index) => attempts.add(index + 1, 0xd0, 0).outer)
    expect(outers).toEqual([0xfffe, 0xffff, 0, 1, 2])
    expect(attempts.byOuter(0)).toMatchObject({ inner: 3 })
  })

  it('skip one that is pending when the counter comes round to it', () => {
    const attempts = new SentAttempts(5)
    const pending = attempts.add(1, 0xd0, 0)
    for (let inner = 2; inner <= ATTEMPTS_MAX; inner++) attempts.add(inner, 0xd0, 0)
    // 65,536 sequences further on, with the first still pending.
    const fresh = new Set<number>()
    for (let inner = 0; inner < 0x1_0000 - ATTEMPTS_MAX; inner++) {
      const attempt = attempts.add(10_000 + inner, 0xd0, 34_999)
      expect(fresh.has(attempt.outer)).toBe(false)
      fresh.add(attempt.outer)
    }
    expect(pending.outer).toBe(5)
  })

  it('are found by inner sequence and command, and forgotten 35 s after their end', () => {
    const attempts = new SentAttempts(1)
    const attempt = attempts.add(9, 0xd0, 0)
    expect(attempts.byInner(9, 0xd0)).toBe(attempt)
    expect(attempts.byInner(9, 0xf0)).toBeUndefined()
    attempt.endedMs = 5_000
    attempts.forgetOld(39_999)
    expect(attempts.size).toBe(1)
    attempts.forgetOld(40_000)
    expect(attempts.size).toBe(0)
  })

  it('are bounded: the oldest are forgotten first', () => {
    const attempts = new SentAttempts(1)
    for (let inner = 1; inner <= ATTEMPTS_MAX + 3; inner++) attempts.add(inner, 0xd0, 0)
    expect(attempts.size).toBe(ATTEMPTS_MAX)
    expect(attempts.byInner(3, 0xd0)).toBeUndefined()
    expect(attempts.byInner(4, 0xd0)).toBeDefined()
  })
})

describe('attempts of commands that are over', () => {
  it('are known for 35 s at least and 70 s at most', () => {
    const past = new PastAttempts()
    past.forgetOld(35_000)
    past.add(1)
    past.forgetOld(69_999)
    expect(past.has(1)).toBe(true)
    past.forgetOld(70_000)
    expect(past.has(1)).toBe(true)
    past.forgetOld(105_000)
    expect(past.has(1)).toBe(false)
  })
})

describe('the time that devices are told', () => {
  const november = Date.UTC(2025, 10, 7, 15, 21, 32)
  const july = Date.UTC(2025, 6, 6, 23, 30, 5)
  it.each([
    ['America/Chicago', november, { month: 11, day: 7, hour: 9, minute: 21, second: 32, weekday: 6, utcOffset: -600 }],
    ['America/Chicago', july, { month: 7, day: 6, hour: 18, minute: 30, weekday: 1, utcOffset: -500 }],
    ['Europe/Berlin', july, { day: 7, hour: 1, weekday: 2, utcOffset: 200 }],
    ['Asia/Kolkata', november, { hour: 20, minute: 51, utcOffset: 530 }],
    ['-03:30', november, { hour: 11, minute: 51, utcOffset: -330 }],
    ['+0545', november, { hour: 21, minute: 6, utcOffset: 545 }],
    ['UTC', november, { year: 2025, hour: 15, utcOffset: 0 }],
  ])('is right in %s, summer time included', (zone, epochMs, wanted) => {
    expect(localTime(zone, epochMs)).toMatchObject({ type: 'time', ...wanted })
  })

  it('is that of this machine for `local`', () => {
    const date = new Date(november)
    expect(localTime('local', november)).toMatchObject({ hour: date.getHours(), day: date.getDate() })
  })

  it.each(['', 'Nowhere/At-all', '+25:00', '-06:75', 5, undefined])('is refused for the zone %s', (zone) => {
    expect(() => checkTimeZone(zone)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })
})

describe('the timeout of an answer', () => {
  it('is what it was given until answers come, then what they took, and never below 500 ms', () => {
    const timeout = new AckTimeout(3_000)
    expect(timeout.ms).toBe(3_000)
    timeout.answered(400)
    expect(timeout.ms).toBe(400 + 4 * 200)
    for (let n = 0; n < 100; n++) timeout.answered(2)
    expect(timeout.ms).toBe(500)
  })

  it('doubles with each miss in a row, up to 5 s', () => {
    const timeout = new AckTimeout(500)
    const waited = [1, 2, 3, 4, 5, 6].map(() => {
      timeout.missed()
      return timeout.ms
    })
    expect(waited).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000])
    timeout.answered(1)
    expect(timeout.ms).toBe(500)
  })

  it('stays within 500 ms and 5 s whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }))), (answers) => {
        const timeout = new AckTimeout(3_000)
        for (const tookMs of answers) {
          if (tookMs === null) timeout.missed()
          else timeout.answered(tookMs)
          expect(timeout.ms).toBeGreaterThanOrEqual(500)
          expect(timeout.ms).toBeLessThanOrEqual(5_000)
        }
      }),
    )
  })
})

describe('a histogram of latencies', () => {
  it('is at most an eighth and a sixteenth of a millisecond too high', () => {
    const times = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const histogram = new LatencyHistogram()
        for (const ms of all) histogram.add(ms)
        const exact = all.toSorted((one, other) => one - other)[Math.ceil(all.length * share) - 1]!
        expect(histogram.quantileMs(share)).toBeGreaterThanOrEqual(exact * 0.999_999)
        expect(histogram.quantileMs(share)).toBeLessThanOrEqual(exact * 1.125 + 1 / 16)
      }),
    )
  })

  it('says zero when nothing was counted', () => {
    expect(new LatencyHistogram().summary).toEqual({ count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 })
  })
})

describe('homes', () => {
  it.each([
    [{ kind: 'one' } as const, 0x0102, '', undefined],
    [{ kind: 'by-id' } as const, 0x0102, '1', 2],
    [{ kind: 'by-id' } as const, 0x0100, '1', undefined],
    [{ kind: 'by-id' } as const, 0xffff_ff01, '16777215', 1],
    [{ kind: 'table', homes: { kitchen: [5], hall: [6] } } as const, 6, 'hall', undefined],
    [{ kind: 'table', homes: { kitchen: [5], hall: [6] } } as const, 7, '', undefined],
  ])('of %j: %i is in %j', (homes, deviceId, home, address) => {
    const finder = new HomeFinder(homes)
    expect([finder.homeOf(deviceId), finder.addressOf(deviceId)]).toEqual([home, address])
  })
})
