import { describe, expect, it } from 'vitest'
import { cyncJson } from '#actors/cli/cync-json'
import { bytesOf, packetVectors } from '../device/cync/vectors.ts'

describe('cyncJson', () => {
  it.each(packetVectors)('says of $id what it says: $meaning', ({ hex, type, expected }) => {
    const json = JSON.parse(JSON.stringify(cyncJson(bytesOf(hex))))
    expect(json).toMatchObject({ ...expected, type })
    // The inner objects have nothing beyond what is expected.
    for (const key of Object.keys(expected)) expect(json[key]).toEqual(expected[key])
  })
})
