import { bucketLimit, type HistogramReading } from '../memory/counters.ts'

export type Labels = Readonly<Record<string, string | number>>

/** Each sample of a family: labels and value. */
export type Sample = readonly [labels: Labels, value: number]

/**
 * The text that Prometheus scrapes, version 0.0.4 of its exposition format. A family without a sample is left out;
 * counters end in `_total`, as Prometheus wants them.
 */
export class PrometheusText {
  #text = ''

  family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return
    this.#head(name, type, help)
    for (const [labels, value] of samples) this.#line(name, labels, value)
  }

  /**
   * Histograms of values that were recorded in a smaller unit: a value of 1 there is `scale` here. Buckets above the
   * highest that was ever used are left out.
   */
  histogram(
    name: string,
    help: string,
    scale: number,
    readings: readonly (readonly [labels: Labels, reading: HistogramReading])[],
  ): void {
    if (readings.length === 0) return
    this.#head(name, 'histogram', help)
    const highest = Math.max(...readings.map(([, { counts }]) => counts.findLastIndex((count) => count > 0)))
    for (const [labels, { counts, sum }] of readings) {
      let count = 0
      for (let bucket = 0; bucket <= highest && bucketLimit(bucket) !== Number.POSITIVE_INFINITY; bucket++) {
        count += counts[bucket] as number
        this.#line(`${name}_bucket`, { ...labels, le: decimal(bucketLimit(bucket) * scale) }, count)
      }
      const total = counts.reduce((all, one) => all + one, 0)
      this.#line(`${name}_bucket`, { ...labels, le: '+Inf' }, total)
      this.#line(`${name}_sum`, labels, sum * scale)
      this.#line(`${name}_count`, labels, total)
    }
  }

  toString(): string {
    return this.#text
  }

  #head(name: string, type: string, help: string): void {
    this.#text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
  }

  #line(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`)
    this.#text += `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${decimal(value)}\n`
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** Twelve digits: what is left of a sum of fractions is noise. */
function decimal(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(12)))
}
