import { describe, expect, it } from 'vitest'
import { RateMeter, rateJson, rateLine } from '#actors/cli/rate-line'

describe('a rate line', () => {
  it('says how much went by, and how fast', () => {
    const sample = { messages: 12_345, bytes: 1_234_500, elapsedMs: 1, messagesPerSecond: 10_000, bytesPerSecond: 1e6 }
    expect(rateLine(sample)).toBe('12,345 messages  1.2 MB  10,000 messages/s  1.0 MB/s')
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_951, '1.0 MB'],
    [2.5e9, '2.5 GB'],
    [3e19, '30000.0 PB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    const sample = { messages: 1, bytes, elapsedMs: 0, messagesPerSecond: 0.4, bytesPerSecond: 0 }
    expect(rateLine(sample)).toBe(`1 message  ${text}  0 messages/s  0 B/s`)
  })

  it('is one JSON object of whole numbers where a program reads it', () => {
    const sample = { messages: 3, bytes: 7, elapsedMs: 1.5, messagesPerSecond: 2.4, bytesPerSecond: 2.5 }
    const text = '{"messages":3,"bytes":7,"elapsedMs":2,"messagesPerSecond":2,"bytesPerSecond":3}'
    expect(rateJson(sample)).toBe(text)
  })
})

describe('a rate meter', () => {
  it('counts from the start, and rates from the sample before', () => {
    const meter = new RateMeter(1_000)
    for (let index = 0; index < 10; index++) meter.count(100)
    const first = { messages: 10, bytes: 1_000, elapsedMs: 500, messagesPerSecond: 20, bytesPerSecond: 2_000 }
    expect(meter.sample(1_500)).toEqual(first)
    meter.count(50)
    const second = { messages: 11, bytes: 1_050, elapsedMs: 1_500, messagesPerSecond: 1, bytesPerSecond: 50 }
    expect(meter.sample(2_500)).toEqual(second)
    expect(meter.total(3_000)).toMatchObject({ messages: 11, messagesPerSecond: 5.5, bytesPerSecond: 525 })
  })

  it('says 0 as long as no time has gone by', () => {
    const meter = new RateMeter(0)
    meter.count(5)
    expect(meter.sample(0)).toMatchObject({ messages: 1, messagesPerSecond: 0, bytesPerSecond: 0 })
  })
})
