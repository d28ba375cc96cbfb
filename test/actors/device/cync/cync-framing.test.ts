import { describe, expect, it } from 'vitest'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { bytesOf, hexOf, streamVectors } from './vectors.ts'

describe('CyncFraming', () => {
  it.each(streamVectors)('cuts captured stream $id: $name', (vector) => {
    const framing = new CyncFraming()
    const packets: string[] = []
    for (const chunk of vector.chunks) framing.push(bytesOf(chunk), (packet) => packets.push(hexOf(packet)))
    expect(packets).toEqual(vector.expectedPackets)
    expect(framing.heldBytes).toBe(vector.expectedRemainderHex.length / 2)
    expect(framing.skippedBytes).toBe(vector.expectedSkippedBytes ?? 0)
  })
})
