import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageBuffer } from '#actors/broker/message-buffer'

const fail = (message: unknown) => expect.fail(`dropped ${String(message)}`)

describe('MessageBuffer', () => {
  it('gives back in order what was put in', () => {
    const buffer = new MessageBuffer<string>(3, 100)
    for (const message of ['a', 'b', 'c']) buffer.push(message, 10, fail)
    expect([buffer.count, buffer.bytes, buffer.firstBytes]).toEqual([3, 30, 10])
    expect([buffer.shift(), buffer.shift(), buffer.shift()]).toEqual(['a', 'b', 'c'])
    expect([buffer.count, buffer.bytes]).toEqual([0, 0])
  })

  it('takes as many bytes as its limit, and pushes out as many of the oldest as one more needs', () => {
    const buffer = new MessageBuffer<string>(10, 10)
    const dropped: string[] = []
    for (const message of ['a', 'b', 'c']) buffer.push(message, 3, fail)
    buffer.push('d', 1, fail)
    buffer.push('e', 4, (message) => dropped.push(message))
    expect(dropped).toEqual(['a', 'b'])
    expect([buffer.count, buffer.bytes, buffer.shift()]).toEqual([3, 8, 'c'])
  })

  it('refuses what would not fit alone, and keeps what it has', () => {
    const buffer = new MessageBuffer<string>(10, 10)
    buffer.push('a', 3, fail)
    expect(buffer.push('b', 11, fail)).toBe(false)
    expect(buffer.count).toBe(1)
    expect(new MessageBuffer<string>(0, 10).push('a', 0, fail)).toBe(false)
  })

  it('does what an array would, however much goes through', () => {
    const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(400), fc.nat(400)), { maxLength: 12 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(3_000), steps, (messagesMax, bytesMax, rounds) => {
        const buffer = new MessageBuffer<number>(messagesMax, bytesMax)
        const model: [message: number, bytes: number][] = []
        const modelBytes = () => model.reduce((sum, [, bytes]) => sum + bytes, 0)
        const gone: number[] = []
        const modelGone: number[] = []
        let next = 0
        for (const [bytes, pushes, shifts] of rounds) {
          for (let index = 0; index < pushes; index++) {
            const message = next++
            if (!buffer.push(message, bytes, (old) => gone.push(old))) expect(bytes).toBeGreaterThan(bytesMax)
            if (bytes <= bytesMax) model.push([message, bytes])
            while (model.length > messagesMax || modelBytes() > bytesMax) modelGone.push(model.shift()![0])
          }
          for (let index = 0; index < shifts && buffer.count > 0; index++)
            expect(buffer.shift()).toBe(model.shift()![0])
          expect([buffer.count, buffer.bytes]).toEqual([model.length, modelBytes()])
        }
        expect(gone).toEqual(modelGone)
      }),
      { numRuns: 30 },
    )
  })
})
