import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DedupCache } from '#actors/reliable/dedup-cache'

const find = (cache: DedupCache, key: number, nowMs = 0) => cache.find(key, 0, 0, 0, nowMs)
const add = (cache: DedupCache, key: number, nowMs = 0, value = 0) => cache.add(key, 0, 0, 0, nowMs, value)

describe('DedupCache', () => {
  it('knows a key that was added, with its value, and no other', () => {
    const cache = new DedupCache()
    expect(find(cache, 1)).toBe(-1)
    add(cache, 1, 0, 7)
    expect(find(cache, 1)).toBe(7)
    expect(cache.find(1, 0, 0, 1, 0)).toBe(-1)
    expect(cache.size).toBe(1)
    expect(cache.hits).toBe(1)
  })

  it('takes words as signed or unsigned numbers', () => {
    const cache = new DedupCache()
    cache.add(0xffff_ffff, 2, 3, 0x8000_0000, 0, 5)
    expect(cache.find(-1, 2, 3, -0x8000_0000, 0)).toBe(5)
  })

  it('lets go of the key that was seen least recently', () => {
    const cache = new DedupCache({ entriesMax: 3 })
    for (const key of [1, 2, 3]) add(cache, key)
    find(cache, 1)
    add(cache, 4)
    expect([1, 2, 3, 4].map((key) => find(cache, key) >= 0)).toEqual([true, false, true, true])
    expect(cache.evictions).toBe(1)
    expect(cache.size).toBe(3)
  })

  it('keeps 1,000 keys unless told otherwise', () => {
    const cache = new DedupCache()
    for (let key = 0; key <= 1_000; key++) add(cache, key)
    expect(cache.size).toBe(1_000)
    expect(find(cache, 0)).toBe(-1)
    expect(find(cache, 1)).toBe(0)
  })

  it('forgets a key that was not seen for 300 s', () => {
    const cache = new DedupCache()
    add(cache, 1)
    add(cache, 2)
    expect(find(cache, 1, 299_999)).toBe(0)
    expect(find(cache, 2, 300_000)).toBe(-1)
    expect(find(cache, 1, 599_998)).toBe(0)
    expect(find(cache, 1, 899_998)).toBe(-1)
    expect(cache.expirations).toBe(2)
    expect(cache.size).toBe(0)
  })

  it('forgets all whose time is over when asked to', () => {
    const cache = new DedupCache({ ttlMs: 10 })
    for (let key = 0; key < 5; key++) add(cache, key, key)
    expect(cache.forgetExpired(12)).toBe(3)
    expect(cache.size).toBe(2)
    expect(cache.evictions).toBe(0)
  })

  it('does what a plain map with a list would do, whatever comes', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40), fc.nat(4)), { maxLength: 400 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (entriesMax, all) => {
        const cache = new DedupCache({ entriesMax, ttlMs: 50 })
        const model = new Map<number, number>()
        let nowMs = 0
        for (const [isAdd, key, elapsedMs] of all) {
          nowMs += elapsedMs
          const seenMs = model.get(key)
          const isKnown = seenMs !== undefined && nowMs - seenMs < 50
          if (!isAdd) expect(find(cache, key, nowMs) >= 0).toBe(isKnown)
          for (const [other, at] of model) if (nowMs - at >= 50) model.delete(other)
          if (!isAdd && !isKnown) continue
          model.delete(key)
          model.set(key, nowMs)
          if (isAdd) add(cache, key, nowMs)
          if (model.size > entriesMax) model.delete(model.keys().next().value as number)
        }
        cache.forgetExpired(nowMs)
        expect(cache.size).toBe(model.size)
        for (const key of model.keys()) expect(find(cache, key, nowMs)).toBe(0)
      }),
    )
  })

  it('refuses options out of range', () => {
    expect(() => new DedupCache({ entriesMax: 0 })).toThrow('entriesMax must be a whole number')
    expect(() => new DedupCache({ ttlMs: 0 })).toThrow('ttlMs must be a number from 1')
  })
})
