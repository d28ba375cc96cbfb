import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WRITE_BYTES_MAX, WriteChunks } from '#actors/device/simulator/write-chunks'

describe('the writes of a device', () => {
  it('are cut at 1,024 bytes, wherever a packet is, and say all that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 1_500 }), { maxLength: 8 }), (packets) => {
        const chunks = new WriteChunks()
        for (const packet of packets) chunks.add(packet)
        const written: Uint8Array[] = []
        for (let chunk = chunks.take(); chunk !== undefined; chunk = chunks.take()) written.push(chunk)
        expect(Buffer.concat(written)).toEqual(Buffer.concat(packets))
        expect(written.slice(0, -1).every(({ length }) => length === WRITE_BYTES_MAX)).toBe(true)
        expect(chunks.isEmpty).toBe(true)
      }),
    )
  })

  it('are the packet itself where there is but one', () => {
    const chunks = new WriteChunks()
    const packet = Uint8Array.of(1, 2, 3)
    chunks.add(packet)
    expect(chunks.take()).toBe(packet)
    chunks.add(packet)
    chunks.clear()
    expect([chunks.take(), chunks.bytes]).toEqual([undefined, 0])
  })
})
