import fc from 'fast-check'
import { expect, test } from 'vitest'
import { framed } from '#bench/net/framed'
import { cutFrames } from '#bench/peers/net-cutter'

test('the cutter of the peers finds every message, wherever reads end', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 })
  const readBytes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(messages, readBytes, (sent, lengths) => {
      const stream = Buffer.concat(sent.map(framed))
      const received: number[][] = []
      const push = cutFrames((message) => received.push([...message]))
      for (let at = 0, read = 0; at < stream.length; read++) {
        const end = at + (lengths[read % lengths.length] ?? 1)
        push(stream.subarray(at, end))
        at = end
      }
      expect(received).toEqual(sent.map((message) => [...message]))
    }),
  )
})
