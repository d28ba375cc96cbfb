import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChaosConfig, chaosDefaults, resolveChaosConfig } from '#actors/chaos/chaos-config'
import { formatChaos, parseChaos } from '#actors/chaos/chaos-text'

const rate = fc.double({ min: 0, max: 1, noNaN: true })
const latency = fc.double({ min: 0, max: 600_000, noNaN: true })

/** Any config, each field left out now and then. */
const configs: fc.Arbitrary<ChaosConfig> = fc.record(
  {
    latencyMs: latency,
    latencyVarianceMs: latency,
    lossRate: rate,
    duplicateRate: rate,
    reorderRate: rate,
    corruptionRate: rate,
    scatterMs: fc.integer({ min: 1, max: 600_000 }),
    partitioned: fc.constantFrom('none', 'both', 'up', 'down'),
    slowReaderBytesPerSecond: fc.integer({ min: 1, max: 1_000_000_000 }),
    oneByteReads: fc.boolean(),
    resetRate: rate,
    halfOpen: fc.boolean(),
    kickRate: rate,
  },
  { requiredKeys: [] },
)

const refused = (code: string, part: string) =>
  expect.objectContaining({ name: 'UsageError', code, message: expect.stringContaining(part) })

describe('chaos as text', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(
        configs,
        (config) => void expect(parseChaos(formatChaos(config))).toEqual(resolveChaosConfig(config)),
      ),
    )
  })

  it.each<[string, ChaosConfig]>([
    ['', {}],
    ['none', {}],
    ['loss=0.05', { lossRate: 0.05 }],
    ['loss=5%', { lossRate: 0.05 }],
    ['loss=0.05,latency=20±5', { lossRate: 0.05, latencyMs: 20, latencyVarianceMs: 5 }],
    ['latency=20+-5', { latencyMs: 20, latencyVarianceMs: 5 }],
    ['latency=20, variance=5', { latencyMs: 20, latencyVarianceMs: 5 }],
    ['latency_ms=20,latency_variance=5', { latencyMs: 20, latencyVarianceMs: 5 }],
    [
      'packet_loss_rate=0.1,duplicate_rate=0.2,reorder_rate=0.3,corruption_rate=0.4',
      { lossRate: 0.1, duplicateRate: 0.2, reorderRate: 0.3, corruptionRate: 0.4 },
    ],
    ['partition', { partitioned: 'both' }],
    ['partition=up,half-open,one-byte', { partitioned: 'up', halfOpen: true, oneByteReads: true }],
    ['half-open=false,one-byte=true', { oneByteReads: true }],
    ['slow=1000,reset=1e-7,kick=1%', { slowReaderBytesPerSecond: 1_000, resetRate: 1e-7, kickRate: 0.01 }],
    ['slow=Infinity', {}],
  ])('reads %j', (text, config) => {
    expect(parseChaos(text)).toEqual({ ...chaosDefaults, ...config })
  })

  it('writes short names, and nothing that is as usual', () => {
    expect(formatChaos({})).toBe('none')
    const config = { lossRate: 0.05, latencyMs: 20, latencyVarianceMs: 5, halfOpen: true, partitioned: 'up' } as const
    expect(formatChaos(config)).toBe('latency=20,variance=5,loss=0.05,partition=up,half-open')
  })

  it.each([
    ['rain=1', 'rain=1'],
    ['loss', 'loss'],
    ['loss=', 'loss='],
    ['loss=a', 'loss=a'],
    ['loss=-1', 'loss=-1'],
    ['loss=1=2', 'loss=1=2'],
    ['loss=0.1,loss=0.2', 'loss=0.2'],
    ['loss=0.1,,', "''"],
    ['latency=5%', 'latency=5%'],
    ['latency=20±', 'latency=20±'],
    ['latency=20±5±6', 'more than one'],
    ['variance=5,latency=20±5', 'again'],
    ['half-open=yes', 'half-open=yes'],
    ['toString=1', 'toString=1'],
  ])('refuses %j, naming the part', (text, part) => {
    expect(() => parseChaos(text)).toThrow(refused('invalid-chaos', part))
  })

  it.each([
    ['loss=1.5', 'lossRate must be a number from 0 to 1'],
    ['latency=600001', 'latencyMs must be a number from 0 to 600000 ms'],
    ['scatter=0', 'scatterMs'],
    ['partition=left', 'partitioned must be one of none, both, up, down'],
    ['slow=0', 'slowReaderBytesPerSecond'],
  ])('refuses %j for its range', (text, part) => {
    expect(() => parseChaos(text)).toThrow(refused('invalid-option', part))
  })

  it('refuses a field that there is not', () => {
    expect(() => resolveChaosConfig({ losRate: 0.1 } as ChaosConfig)).toThrow(refused('unknown-option', 'losRate'))
  })
})
