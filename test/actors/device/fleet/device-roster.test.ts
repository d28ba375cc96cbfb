import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeviceRoster, RECONNECT_MS, type RosterEnding, type RosterOptions } from '#actors/device/fleet/device-roster'
import type { FleetDeviceState } from '#actors/device/fleet/device-state'

const defaults: RosterOptions = {
  deviceCount: 1,
  startPerSecond: Number.POSITIVE_INFINITY,
  connectingMax: 1_000,
  backoffMinMs: 100,
  backoffMaxMs: 1_000,
  failuresMax: 4,
  failureWindowMs: 10_000,
  seed: 1,
}

const rosterOf = (options: Partial<RosterOptions> = {}): DeviceRoster =>
  new DeviceRoster({ ...defaults, ...options }, 0)

/** Starts whoever is due, as soon as they are; answers when each was started. */
function run(roster: DeviceRoster, toMs: number): [atMs: number, index: number][] {
  const started: [number, number][] = []
  for (let nowMs = 0; nowMs <= toMs; nowMs = Math.max(nowMs, roster.nextDueMs)) {
    const index = roster.next(nowMs)
    if (index !== undefined) started.push([nowMs, index])
    else if (roster.nextDueMs <= nowMs) throw new Error(`nobody is due at ${nowMs}, though it says so`)
  }
  return started
}

describe('a roster', () => {
  it('starts everybody once, in turn, at the rate and no faster', () => {
    const roster = rosterOf({ deviceCount: 25, startPerSecond: 10 })
    const started = run(roster, 60_000)
    expect(started.map(([, index]) => index)).toEqual([...Array(25).keys()])
    expect(started.map(([atMs]) => Math.round(atMs))).toEqual([...Array(25).keys()].map((n) => n * 100))
    expect([roster.nextDueMs, roster.restartCount]).toEqual([Number.POSITIVE_INFINITY, 0])
  })

  it.each<[string, (roster: DeviceRoster) => void, FleetDeviceState]>([
    ['offline before its turn', () => {}, 'offline'],
    ['connecting when it was started', (roster) => void roster.next(0), 'connecting'],
    ['online when it was accepted', (roster) => (roster.next(0), roster.online(0)), 'online'],
    [
      'degraded when the gateway is quiet',
      (roster) => (roster.next(0), roster.online(0), roster.quiet(0, true)),
      'degraded',
    ],
    [
      'online again when the gateway is not',
      (roster) => (roster.next(0), roster.online(0), roster.quiet(0, true), roster.quiet(0, false)),
      'online',
    ],
    [
      'offline when its connection has ended',
      (roster) => (roster.next(0), roster.online(0), roster.ended(0, 'lost', 'x', 0)),
      'offline',
    ],
    [
      'as it is where news come late',
      (roster) => (roster.online(0), roster.quiet(0, true), roster.ended(0, 'lost', 'x', 0)),
      'offline',
    ],
  ])('has a device that is %s', (_what, happen, state) => {
    const roster = rosterOf()
    happen(roster)
    expect(roster.state(0, 0)).toBe(state)
    expect(roster.counts(0)[state]).toBe(1)
  })

  it.each<[RosterEnding, boolean, number, number, string | undefined]>([
    ['over', true, RECONNECT_MS, RECONNECT_MS, undefined],
    ['over', false, 50, 100, 'why'],
    ['lost', true, 50, 100, 'why'],
    ['lost', false, 50, 100, 'why'],
    ['refused-slowly', false, RECONNECT_MS, RECONNECT_MS, 'why'],
  ])('after an end %s, accepted %s, tries again after %i to %i ms', (ending, wasOnline, minMs, maxMs, reason) => {
    const roster = rosterOf()
    roster.next(0)
    if (wasOnline) roster.online(0)
    roster.ended(0, ending, 'why', 1_000)
    expect(roster.nextDueMs - 1_000).toBeGreaterThanOrEqual(minMs)
    expect(roster.nextDueMs - 1_000).toBeLessThanOrEqual(maxMs)
    expect(roster.reason(0)).toBe(reason)
    expect(roster.next(roster.nextDueMs)).toBe(0)
    expect([roster.restartCount, roster.restarts(0)]).toEqual([1, 1])
  })

  it('waits longer after each failure, up to its limit, and begins anew when it was online', () => {
    const roster = rosterOf({ failuresMax: 100 })
    let nowMs = 0
    const waits = Array.from({ length: 8 }, () => {
      roster.next(nowMs)
      roster.ended(0, 'lost', 'x', nowMs)
      const waitMs = roster.nextDueMs - nowMs
      nowMs = roster.nextDueMs
      return waitMs
    })
    waits.forEach((waitMs, n) => {
      const ceilingMs = Math.min(100 * 2 ** n, 1_000)
      expect(waitMs).toBeGreaterThanOrEqual(ceilingMs / 2)
      expect(waitMs).toBeLessThanOrEqual(ceilingMs)
    })
    roster.next(nowMs)
    roster.online(0)
    roster.ended(0, 'lost', 'x', nowMs)
    expect(roster.nextDueMs - nowMs).toBeLessThanOrEqual(100)
  })

  it('parks who fails once more than allowed within the window, with the reason, and starts it when it is unparked', () => {
    const roster = rosterOf()
    let nowMs = 0
    for (let failures = 0; failures <= 4; failures++) {
      expect(roster.state(0, nowMs)).not.toBe('parked')
      nowMs = Math.max(nowMs, roster.nextDueMs)
      roster.next(nowMs)
      roster.ended(0, 'lost', `failure ${failures}`, nowMs)
    }
    expect([roster.state(0, nowMs), roster.reason(0)]).toEqual(['parked', 'failure 4'])
    expect(roster.nextDueMs).toBe(Number.POSITIVE_INFINITY)
    expect([roster.unpark(0, nowMs), roster.unpark(0, nowMs)]).toEqual([true, false])
    expect([roster.next(nowMs), roster.reason(0)]).toEqual([0, undefined])
  })

  it('forgets failures when the window has gone by', () => {
    const roster = rosterOf()
    let nowMs = 0
    for (let failures = 0; failures < 50; failures++) {
      roster.next(nowMs)
      roster.ended(0, 'lost', 'x', nowMs)
      nowMs += 10_000 / 4 + 1
    }
    expect(roster.state(0, nowMs)).toBe('offline')
  })

  it('calls degraded who is online and has failed half as often as gets it parked, until the window has gone by', () => {
    const roster = rosterOf()
    for (const nowMs of [0, 1_000]) {
      roster.next(nowMs)
      roster.ended(0, 'lost', 'x', nowMs)
    }
    roster.next(2_000)
    roster.online(0)
    expect([roster.state(0, 2_000), roster.state(0, 9_999), roster.state(0, 10_001)]).toEqual([
      'degraded',
      'degraded',
      'online',
    ])
  })

  it('starts no more while as many as may be are connecting: the next when one is online, or has failed', () => {
    const roster = rosterOf({ deviceCount: 5, connectingMax: 2 })
    expect([roster.next(0), roster.next(0), roster.next(0), roster.nextDueMs]).toEqual([
      0,
      1,
      undefined,
      Number.POSITIVE_INFINITY,
    ])
    roster.online(0)
    expect([roster.next(0), roster.next(0)]).toEqual([2, undefined])
    roster.ended(1, 'lost', 'x', 0)
    expect([roster.next(0), roster.next(0)]).toEqual([3, undefined])
    roster.ended(0, 'lost', 'x', 0)
    expect(roster.next(0)).toBeUndefined()
  })

  it('starts nobody any more when it is finished', () => {
    const roster = rosterOf({ deviceCount: 5 })
    roster.next(0)
    roster.finish()
    expect([roster.next(0), roster.nextDueMs]).toEqual([undefined, Number.POSITIVE_INFINITY])
  })

  it('never begins more than its rate in any second, whatever ends when', () => {
    const happening = fc.record({
      index: fc.nat(19),
      ending: fc.constantFrom<RosterEnding>('lost', 'over', 'refused-slowly'),
      afterMs: fc.nat(200),
    })
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (happenings, startPerSecond) => {
          const roster = rosterOf({ deviceCount: 20, startPerSecond, failuresMax: Number.POSITIVE_INFINITY })
          const starts: number[] = []
          let nowMs = 0
          for (const { index, ending, afterMs } of happenings) {
            nowMs += afterMs
            for (let one = roster.next(nowMs); one !== undefined; one = roster.next(nowMs)) {
              starts.push(nowMs)
              roster.online(one)
            }
            roster.ended(index, ending, 'x', nowMs)
          }
          for (const startMs of starts) {
            const inSecond = starts.filter((atMs) => atMs >= startMs && atMs < startMs + 1_000).length
            // One at each end, and what a timer that was late by a tenth of a second makes up for.
            expect(inSecond).toBeLessThanOrEqual(Math.ceil(startPerSecond * 1.2) + 1)
          }
        },
      ),
    )
  })
})
