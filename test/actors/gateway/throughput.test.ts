import { describe, expect, it } from 'vitest'
import { Throughput } from '#actors/gateway/throughput'

describe('Throughput', () => {
  it('answers what happened a second since it was last asked', () => {
    const throughput = new Throughput(1_000)
    expect(throughput.sample(50, 1_500)).toBe(100)
    expect(throughput.sample(50, 2_500)).toBe(0)
    expect(throughput.sample(2_050, 4_500)).toBe(1_000)
  })

  it('keeps for later what it cannot divide by a time', () => {
    const throughput = new Throughput(1_000)
    expect(throughput.sample(10, 1_000)).toBe(0)
    expect(throughput.sample(10, 2_000)).toBe(10)
  })
})
