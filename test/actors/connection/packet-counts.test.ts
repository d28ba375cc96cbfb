import { describe, expect, it } from 'vitest'
import { addCounts, equalCounts, largerCounts, totalCount } from '#actors/connection/packet-counts'

describe('packet counts', () => {
  it('add up type by type', () => {
    expect(addCounts({ '0x23': 1, '0x43': 2 }, { '0x43': 3, '0xd3': 4 })).toEqual({ '0x23': 1, '0x43': 5, '0xd3': 4 })
  })

  it('take the larger count of each type', () => {
    expect(largerCounts({ '0x23': 1, '0x43': 2 }, { '0x43': 3 })).toEqual({ '0x23': 1, '0x43': 3 })
  })

  it.each([
    [{}, {}, true],
    [{ '0x23': 1 }, { '0x23': 1 }, true],
    [{ '0x23': 1 }, { '0x23': 2 }, false],
    [{ '0x23': 1 }, {}, false],
    [{}, { '0x23': 1 }, false],
    [{ '0x23': 1 }, { '0x43': 1 }, false],
  ])('%j equals %j: %s', (a, b, isEqual) => {
    expect(equalCounts(a, b)).toBe(isEqual)
  })

  it('have a total', () => {
    expect(totalCount({ '0x23': 1, '0x43': 2 })).toBe(3)
  })
})
