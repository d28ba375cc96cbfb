import { describe, expect, it } from 'vitest'
import { bucketLimit, Counters, counterIndex, gaugeIndex } from '#src/memory/counters'
import {
  COUNTER_NAMES,
  GAUGE_NAMES,
  HISTOGRAM_BUCKETS,
  HISTOGRAM_NAMES,
  HISTOGRAMS_START,
  SEAT_COUNTERS_BYTES,
} from '#src/memory/counters-layout'

function counters() {
  const memory = new SharedArrayBuffer(SEAT_COUNTERS_BYTES)
  return { writer: new Counters(memory, 0), reader: new Counters(memory, 0) }
}

describe('Counters', () => {
  it('shows other threads what was counted', () => {
    const { writer, reader } = counters()
    writer.add('spawned', 2)
    writer.add('spawned', 3)
    writer.setGauge('actors', 4)
    expect(reader.get('spawned')).toBe(5)
    expect(reader.gauge('actors')).toBe(4)
    expect(reader.get('stopped')).toBe(0)
  })

  it('gives every name a word of its own', () => {
    const indexes = [...COUNTER_NAMES.map(counterIndex), ...GAUGE_NAMES.map(gaugeIndex)]
    expect(new Set(indexes).size).toBe(COUNTER_NAMES.length + GAUGE_NAMES.length)
    expect(Math.max(...indexes)).toBeLessThan(HISTOGRAMS_START)
  })

  it.each([
    [0, 0],
    [-5, 0],
    [0.9, 0],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [1_023, 10],
    [1_024, 11],
    [2 ** 30 - 1, 30],
    [2 ** 30, 31],
    [2 ** 31, 31],
    [1e15, 31],
  ])('puts %d into bucket %i', (value, bucket) => {
    const { writer, reader } = counters()
    writer.record('handler-us', value)
    const { counts, sum } = reader.histogram('handler-us')
    expect(counts.indexOf(1)).toBe(bucket)
    expect(counts.reduce((a, b) => a + b)).toBe(1)
    expect(sum).toBe(Math.max(0, Math.floor(value)))
    expect(value).toBeLessThanOrEqual(bucketLimit(bucket) + 1)
    expect(bucket === 0 || value > bucketLimit(bucket - 1)).toBe(true)
  })

  it('keeps histograms apart', () => {
    const { writer } = counters()
    for (const name of HISTOGRAM_NAMES) writer.record(name, 1e12)
    for (const name of HISTOGRAM_NAMES) {
      const { counts, sum } = writer.histogram(name)
      expect(counts[HISTOGRAM_BUCKETS - 1]).toBe(1)
      expect(sum).toBe(1e12)
    }
  })
})
