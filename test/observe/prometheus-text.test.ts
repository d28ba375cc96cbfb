import { describe, expect, it } from 'vitest'
import { HISTOGRAM_BUCKETS } from '#src/memory/counters-layout'
import { PrometheusText } from '#src/observe/prometheus-text'
import { parseMetrics } from './support/parse-metrics.ts'

const counts = (values: readonly number[]): number[] =>
  Array.from({ length: HISTOGRAM_BUCKETS }, (_, bucket) => values[bucket] ?? 0)

describe('PrometheusText', () => {
  it('writes help and type before the samples of a family', () => {
    const text = new PrometheusText()
    text.family('a_total', 'counter', 'Of all.', [
      [{}, 1],
      [{ thread: 'main', reason: 'x' }, 2.5],
    ])
    expect(String(text)).toBe(
      '# HELP a_total Of all.\n# TYPE a_total counter\na_total 1\na_total{thread="main",reason="x"} 2.5\n',
    )
  })

  it('leaves out a family without samples', () => {
    const text = new PrometheusText()
    text.family('a', 'gauge', 'None.', [])
    text.histogram('b', 'None.', 1, [])
    expect(String(text)).toBe('')
  })

  it('escapes what would end a label or a line', () => {
    const text = new PrometheusText()
    text.family('a', 'gauge', 'One\ntwo \\ three.', [[{ path: '"/a\\b"\n' }, 1]])
    expect(String(text)).toBe('# HELP a One\\ntwo \\\\ three.\n# TYPE a gauge\na{path="\\"/a\\\\b\\"\\n"} 1\n')
    expect(() => parseMetrics(String(text))).not.toThrow()
  })

  it('adds up the buckets of a histogram, in the unit that was asked for', () => {
    const text = new PrometheusText()
    text.histogram('t_seconds', 'Time.', 1e-6, [[{ thread: 'main' }, { counts: counts([1, 2, 0, 4]), sum: 20 }]])
    const samples = [...parseMetrics(String(text)).get('t_seconds')!.samples]
    expect(samples).toEqual([
      ['t_seconds_bucket{thread="main",le="0"}', 1],
      ['t_seconds_bucket{thread="main",le="0.000001"}', 3],
      ['t_seconds_bucket{thread="main",le="0.000003"}', 3],
      ['t_seconds_bucket{thread="main",le="0.000007"}', 7],
      ['t_seconds_bucket{thread="main",le="+Inf"}', 7],
      ['t_seconds_sum{thread="main"}', 0.00002],
      ['t_seconds_count{thread="main"}', 7],
    ])
  })

  it('counts what is above the highest limit under +Inf alone', () => {
    const text = new PrometheusText()
    const all = counts([])
    all[HISTOGRAM_BUCKETS - 1] = 3
    text.histogram('t', 'Time.', 1, [[{}, { counts: all, sum: 0 }]])
    const samples = parseMetrics(String(text)).get('t')!.samples
    expect(samples.get('t_bucket{le="+Inf"}')).toBe(3)
    expect(samples.get(`t_bucket{le="${2 ** 30 - 1}"}`)).toBe(0)
  })
})

describe('the parser that the tests use', () => {
  it.each([
    ['# TYPE a gauge\na 1\n', /HELP/],
    ['# HELP a x\n# TYPE a counter\na 1\n', /_total/],
    ['# HELP a x\n# TYPE a gauge\na 1\na 2\n', /twice/],
    ['# HELP a x\n# TYPE a gauge\nb 1\n', /not a sample/],
    ['# HELP a x\n# TYPE a gauge\na{b="c"} x\n', /not a number/],
    ['# HELP a x\n# TYPE a gauge\na 1', /last line/],
    ['# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n', /below/],
  ])('refuses %j', (text, reason) => {
    expect(() => parseMetrics(text)).toThrow(reason)
  })
})
