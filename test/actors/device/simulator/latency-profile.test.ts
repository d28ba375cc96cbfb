import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import { drawLatency, type LatencyProfileName } from '#actors/device/simulator/latency-profile'

function drawn(name: LatencyProfileName) {
  const random = new SeededRandom(1)
  const latencies = Array.from({ length: 20_000 }, () => drawLatency(name, random))
  const replies = latencies.map(({ replyMs }) => replyMs).toSorted((one, other) => one - other)
  return { latencies, p50: replies[10_000]!, p99: replies[19_800]! }
}

describe('the latencies of a profile', () => {
  it.each([
    ['quiet', 85, 100, 1_000],
    ['busy', 800, 200, 10_000],
  ] as const)('%s: as they were measured', (name, median, stateMinMs, stateMaxMs) => {
    const { latencies, p50, p99 } = drawn(name)
    expect(Math.abs(p50 / median - 1)).toBeLessThan(0.05)
    expect(Math.abs(p99 / 2_300 - 1)).toBeLessThan(0.1)
    for (const { replyMs, resultMs, stateMs } of latencies) {
      expect(resultMs - replyMs).toBeGreaterThanOrEqual(0)
      expect(resultMs - replyMs).toBeLessThanOrEqual(800)
      expect(replyMs).toBeLessThanOrEqual(10_000)
      expect(stateMs).toBeGreaterThanOrEqual(stateMinMs)
      expect(stateMs).toBeLessThanOrEqual(stateMaxMs)
    }
  })

  it('instant: none', () => {
    expect(drawLatency('instant', new SeededRandom(1))).toEqual({ replyMs: 0, resultMs: 0, stateMs: 0 })
  })
})
