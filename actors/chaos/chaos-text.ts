import { UsageError } from 'troupe'
import { type ChaosConfig, chaosDefaults, type ResolvedChaosConfig, resolveChaosConfig } from './chaos-config.ts'

type Field = keyof ChaosConfig

/** What each name of the text form means; the second column are the names that the requirements use. */
const fieldsByName: Readonly<Record<string, Field>> = Object.freeze({
  latency: 'latencyMs',
  latency_ms: 'latencyMs',
  variance: 'latencyVarianceMs',
  latency_variance: 'latencyVarianceMs',
  loss: 'lossRate',
  packet_loss_rate: 'lossRate',
  duplicate: 'duplicateRate',
  duplicate_rate: 'duplicateRate',
  reorder: 'reorderRate',
  reorder_rate: 'reorderRate',
  corruption: 'corruptionRate',
  corruption_rate: 'corruptionRate',
  scatter: 'scatterMs',
  partition: 'partitioned',
  slow: 'slowReaderBytesPerSecond',
  'one-byte': 'oneByteReads',
  reset: 'resetRate',
  'half-open': 'halfOpen',
  kick: 'kickRate',
})

/** The short names, as they are written. */
const namesByField = Object.freeze(
  Object.fromEntries(
    Object.entries(fieldsByName)
      .reverse()
      .filter(([name]) => !name.includes('_'))
      .map(([name, field]) => [field, name]),
  ) as Record<Field, string>,
)

const NUMBER = /^\d+(\.\d+)?(e[+-]?\d+)?$/i

/**
 * A config from a command line: `loss=0.05,latency=20±5,partition=up,half-open`. Parts are separated by commas. Rates may be in percent
 * (`loss=5%`), latency has its variance behind `±` or `+-`; `one-byte`, `half-open` and `partition` may stand alone. An empty text and `none`
 * are a network without faults. Throws `UsageError` `invalid-chaos` for what is no such text, naming the part, and `invalid-option` for values
 * out of range.
 */
export function parseChaos(text: string): ResolvedChaosConfig {
  return parseChaosBeside(text, [])
}

/** As `parseChaos`. @param others names that the caller reads itself: whoever misspells one is told of them too */
export function parseChaosBeside(text: string, others: readonly string[]): ResolvedChaosConfig {
  const config: Partial<Record<Field, unknown>> = {}
  if (text.trim() === '' || text.trim() === 'none') return chaosDefaults
  for (const part of text.split(',')) addPart(config, part.trim(), others)
  return resolveChaosConfig(config as ChaosConfig)
}

/** What `parseChaos` reads: the fields that are not as in a network without faults, or `none`. */
export function formatChaos(config: ChaosConfig): string {
  const resolved = resolveChaosConfig(config)
  const parts = (Object.keys(namesByField) as Field[])
    .filter((field) => resolved[field] !== chaosDefaults[field])
    .sort((one, other) => fieldOrder.indexOf(one) - fieldOrder.indexOf(other))
    .map((field) => (resolved[field] === true ? namesByField[field] : `${namesByField[field]}=${resolved[field]}`))
  return parts.length === 0 ? 'none' : parts.join(',')
}

const fieldOrder = Object.keys(chaosDefaults) as Field[]

function addPart(config: Partial<Record<Field, unknown>>, part: string, others: readonly string[]): void {
  const [name = '', value, ...rest] = part.split('=')
  const field = Object.hasOwn(fieldsByName, name) ? fieldsByName[name] : undefined
  if (field === undefined || rest.length > 0) {
    const names = [...Object.values(namesByField), ...others].sort().join(', ')
    throw refusal(part, `must be NAME or NAME=VALUE with one of ${names}`)
  }
  if (Object.hasOwn(config, field)) throw refusal(part, 'is said twice')
  if (field === 'partitioned') config[field] = value ?? 'both'
  else if (typeof chaosDefaults[field] === 'boolean') config[field] = booleanOf(part, value)
  else if (field === 'latencyMs') addLatency(config, part, value)
  else config[field] = numberOf(part, value, field.endsWith('Rate'))
}

function addLatency(config: Partial<Record<Field, unknown>>, part: string, value: string | undefined): void {
  const [latency, variance, ...rest] = value?.split(/±|\+-/) ?? []
  if (rest.length > 0) throw refusal(part, 'has more than one variance')
  config.latencyMs = numberOf(part, latency)
  if (variance === undefined) return
  if (Object.hasOwn(config, 'latencyVarianceMs')) throw refusal(part, 'says the variance again')
  config.latencyVarianceMs = numberOf(part, variance)
}

function booleanOf(part: string, value: string | undefined): boolean {
  if (value === undefined || value === 'true') return true
  if (value === 'false') return false
  throw refusal(part, 'must be true or false')
}

function numberOf(part: string, value: string | undefined, isRate = false): number {
  const isPercent = isRate && value?.endsWith('%') === true
  const digits = isPercent ? value.slice(0, -1) : value
  if (digits === 'Infinity') return Number.POSITIVE_INFINITY
  if (digits === undefined || !NUMBER.test(digits))
    throw refusal(part, 'must have a number, as in loss=0.05 or latency=20±5')
  return isPercent ? Number(digits) / 100 : Number(digits)
}

function refusal(part: string, text: string): UsageError {
  return new UsageError('invalid-chaos', `chaos: '${part}' ${text}`)
}
