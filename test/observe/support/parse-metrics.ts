export interface Family {
  readonly type: string
  readonly help: string
  /** Value by name and labels, as they stand in the text. */
  readonly samples: ReadonlyMap<string, number>
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/

/**
 * Reads Prometheus text strictly: each family has HELP, then TYPE, then its samples together; counters end in `_total`;
 * no sample occurs twice; buckets of a histogram never fall and agree with its count.
 */
export function parseMetrics(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family & { samples: Map<string, number> }>()
  let help: readonly [name: string, text: string] | undefined
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      if (!NAME.test(name) || families.has(name)) throw new Error(`bad or repeated family: ${line}`)
      help = [name, rest]
    } else if (keyword === 'TYPE') {
      if (help?.[0] !== name) throw new Error(`TYPE without its HELP: ${line}`)
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`unknown type: ${line}`)
      if ((rest === 'counter') !== name.endsWith('_total')) throw new Error(`only counters end in _total: ${line}`)
      families.set(name, { type: rest, help: help[1], samples: new Map() })
      current = name
    } else {
      const family = families.get(current)
      if (family === undefined) throw new Error(`a sample before any family: ${line}`)
      addSample(current, family, line)
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  return families
}

function addSample(name: string, family: Family & { samples: Map<string, number> }, line: string): void {
  const [, sampleName = '', labels, value = ''] = SAMPLE.exec(line) ?? []
  const suffix = sampleName.slice(name.length)
  const isOwn = sampleName.startsWith(name) && ['', '_bucket', '_sum', '_count'].includes(suffix)
  if (!isOwn || (suffix === '') !== (family.type !== 'histogram')) throw new Error(`not a sample of ${name}: ${line}`)
  const key = labels === undefined ? sampleName : `${sampleName}{${labels}}`
  if (family.samples.has(key)) throw new Error(`the same sample twice: ${line}`)
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  if (value === '' || Number.isNaN(number)) throw new Error(`not a number: ${line}`)
  family.samples.set(key, number)
}

function checkHistogram(name: string, { samples }: Family): void {
  const last = new Map<string, number>()
  for (const [key, value] of samples) {
    const [, labels] = new RegExp(`^${name}_bucket\\{(.*?),?le="[^"]+"\\}$`).exec(key) ?? []
    if (labels === undefined) continue
    if (value < (last.get(labels) ?? 0)) throw new Error(`a bucket below the one before: ${key}`)
    last.set(labels, value)
    if (!key.endsWith('le="+Inf"}')) continue
    const count = samples.get(`${name}_count${labels === '' ? '' : `{${labels}}`}`)
    if (count !== value) throw new Error(`+Inf is ${value}, the count ${count}: ${key}`)
  }
}
