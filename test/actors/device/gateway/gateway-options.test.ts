import { serveCync } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { NewsBuffer } from '#actors/device/gateway/controller-news'
import type { DeviceReport } from '#actors/device/gateway/device-report'
import { endOfFailed, isForAnotherNow } from '#actors/device/gateway/failed-attempt'
import { resolveGatewayOptions } from '#actors/device/gateway/gateway-options'
import { HomeRefreshes } from '#actors/device/gateway/home-refreshes'
import { addTotals, newTotals, takeTotals } from '#actors/device/gateway/session-totals'

describe('the options of a gateway', () => {
  it.each([
    ['homes', { kind: 'several' }, 'kind must be one of one, by-id, table'],
    ['homes', { kind: 'table', homes: { hall: [-1] } }, 'device ids from 0 to 4294967295'],
    ['homes', { kind: 'table', homes: { hall: [1], kitchen: [1] } }, 'each once'],
    ['authorize', 'nobody', "must be 'everyone' or device ids"],
    ['authorize', { x: true }, 'device ids'],
    ['timeZone', 'Nowhere', 'Europe/Berlin'],
    ['probeAfterMs', -1, 'from 0 to 600000 ms or Infinity'],
    ['queryAfterMs', 600_001, 'from 0 to 600000 ms or Infinity'],
    ['silenceMs', 999, 'from 1000 to 3600000'],
    ['wrongChecksums', 'drop', 'known-firmware, accept, refuse'],
    ['groups', { 3: [0] }, 'mesh addresses from 1 to 255'],
    ['groups', { kitchen: [1] }, 'group numbers'],
    ['threads', 0, 'a whole number from 1 to 64'],
    ['commandsMax', 0, 'from 1 to 1000000'],
    ['attemptsMax', 21, 'from 1 to 20'],
    ['paceMs', 10_001, 'from 0 to 10000'],
    ['retry', { factor: 0 }, 'factor'],
  ])('refuse %s: %j, and say what may be', (name, value, text) => {
    expect(() => resolveGatewayOptions({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(text) }),
    )
  })

  it('refuse what nobody knows, and endpoints that are none', () => {
    const spawner = { spawn: () => ({}) }
    expect(() => serveCync(spawner, 'tcp://h:1', { pace: 1 } as never)).toThrow(/unknown option 'pace'/)
    expect(() => serveCync(spawner, [])).toThrow(/one or more/)
    expect(() => serveCync(spawner, 'udp://h:1')).toThrow(/takes tcp, tls and unix/)
    expect(() => serveCync(spawner, 'tls://h:1?ciphers=a b')).toThrow(/names of cipher suites/)
  })

  it('may all be left out', () => {
    expect(resolveGatewayOptions({})).toMatchObject({ homes: { kind: 'one' }, attemptsMax: 4, authorize: 'everyone' })
  })
})

describe('a failed attempt', () => {
  const failed = { status: undefined, isOnce: false, isLast: false, hasOther: false } as const
  it.each([
    ['ack-timeout', {}, undefined, false],
    ['ack-timeout', { isLast: true }, 'abandoned', false],
    ['ack-timeout', { isOnce: true }, 'abandoned', false],
    ['result-timeout', { isOnce: true, hasOther: true }, 'abandoned', false],
    ['controller-lost', {}, undefined, true],
    ['controller-lost', { isOnce: true, hasOther: true }, 'abandoned', true],
    ['not-sent', { isOnce: true }, undefined, false],
    ['refused', { status: 1 }, 'rejected', false],
    ['refused', { status: 1, hasOther: true }, undefined, true],
    ['refused', { status: 1, hasOther: true, isOnce: true }, undefined, true],
    ['refused', { status: 5 }, undefined, false],
    ['refused', { status: 5, isLast: true }, 'rejected', false],
    ['failed', { status: 1 }, 'rejected', false],
    ['failed', { status: 1, hasOther: true }, undefined, true],
    ['failed', { status: 1, hasOther: true, isOnce: true }, 'rejected', true],
  ] as const)('by %s, %j, is the end %s', (why, more, end, isNow) => {
    const all = { ...failed, why, ...more }
    expect(endOfFailed(all)).toBe(end)
    expect(isForAnotherNow(why, all.hasOther)).toBe(isNow)
  })
})

describe('asking homes for their states', () => {
  it('is done once, however often it is wanted, and not too often', () => {
    const refreshes = new HomeRefreshes(2_000)
    refreshes.want('a', 500, 0)
    refreshes.want('a', 100, 10)
    expect(refreshes.nextMs).toBe(500)
    expect([refreshes.take(499), refreshes.take(500), refreshes.take(500)]).toEqual([undefined, 'a', undefined])
    refreshes.want('a', 500, 600)
    expect(refreshes.nextMs).toBe(2_500)
    refreshes.want('b', 0, 600)
    expect(refreshes.take(600)).toBe('b')
    refreshes.forget('b', 700)
    refreshes.want('b', 0, 700)
    expect(refreshes.take(700)).toBe('b')
  })
})

describe('news that wait', () => {
  const report = (address: number, brightness: number): DeviceReport => ({
    ...{ address, brightness, isOn: true, colorMode: 0, rgb: [0, 0, 0], isOnline: true, source: 'sync' },
  })

  it('are one value with what there is, and keep the last of each device when they are many', () => {
    const news = new NewsBuffer()
    expect([news.isEmpty, news.news]).toEqual([true, {}])
    news.acked(1)
    news.ended(2, { kind: 'result', result: 0 })
    news.addressed(12)
    news.duplicate()
    for (let brightness = 0; brightness < 100; brightness++) news.report(report(brightness % 3, brightness))
    const { reports, ...others } = news.news
    expect(others).toEqual({ acked: [1], ended: [[2, { kind: 'result', result: 0 }]], address: 12, duplicates: 1 })
    expect(reports!.length).toBeLessThanOrEqual(64)
    expect(reports!.at(-1)).toEqual(report(0, 99))
    news.clear()
    expect(news.isEmpty).toBe(true)
  })
})

describe('totals', () => {
  it('are taken, and added up elsewhere', () => {
    const totals = newTotals()
    totals.received.sync = 3
    totals.duplicates = 2
    const sum = newTotals()
    addTotals(sum, takeTotals(totals))
    expect(totals).toEqual(newTotals())
    totals.received.sync = 1
    addTotals(sum, takeTotals(totals))
    expect(sum).toEqual({ ...newTotals(), received: { sync: 4 }, duplicates: 2 })
  })
})
