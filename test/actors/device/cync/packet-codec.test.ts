import { describe, expect, it } from 'vitest'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { bytesOf, hexOf, packetVectors } from './vectors.ts'

describe('packets of real devices', () => {
  it.each(packetVectors)('$id is encoded again as it was: $meaning', ({ hex }) => {
    expect(hexOf(encodePacket(decodePacket(bytesOf(hex)).packet))).toBe(hex)
  })
})
