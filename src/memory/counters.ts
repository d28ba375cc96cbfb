import {
  COUNTER_NAMES,
  GAUGE_NAMES,
  GAUGES_START,
  HISTOGRAM_BUCKETS,
  HISTOGRAM_DOUBLES,
  HISTOGRAM_NAMES,
  HISTOGRAM_SUM,
  HISTOGRAMS_START,
  SEAT_COUNTERS_DOUBLES,
} from './counters-layout.ts'

export type CounterName = (typeof COUNTER_NAMES)[number]
export type GaugeName = (typeof GAUGE_NAMES)[number]
export type HistogramName = (typeof HISTOGRAM_NAMES)[number]

/** A histogram as it was read. Taken while its writer runs, `counts` and `sum` may be one value apart. */
export interface HistogramReading {
  /** Values up to and including `bucketLimit(b)` that are in no lower bucket. */
  readonly counts: readonly number[]
  readonly sum: number
}

const counterIndexes = indexesOf(COUNTER_NAMES, 0, 1)
const gaugeIndexes = indexesOf(GAUGE_NAMES, GAUGES_START, 1)
const histogramIndexes = indexesOf(HISTOGRAM_NAMES, HISTOGRAMS_START, HISTOGRAM_DOUBLES)

/**
 * Counters, gauges and histograms of one seat. The thread on the seat writes, everybody reads. Plain loads and stores
 * only.
 */
export class Counters {
  /** For hot paths: `doubles[counterIndex('turns')] += 1`. */
  readonly doubles: Float64Array

  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.doubles = new Float64Array(memory, byteOffset, SEAT_COUNTERS_DOUBLES)
  }

  add(name: CounterName, by: number): void {
    this.doubles[counterIndexes[name]]! += by
  }

  get(name: CounterName): number {
    return this.doubles[counterIndexes[name]]!
  }

  setGauge(name: GaugeName, value: number): void {
    this.doubles[gaugeIndexes[name]] = value
  }

  gauge(name: GaugeName): number {
    return this.doubles[gaugeIndexes[name]]!
  }

  /** `value` is cut to a whole number; below 0 counts as 0. */
  record(name: HistogramName, value: number): void {
    const first = histogramIndexes[name]
    const whole = value > 0 ? Math.floor(value) : 0
    const bucket = first + bucketOf(whole)
    const count = this.doubles[bucket]! + 1
    const sum = this.doubles[first + HISTOGRAM_SUM]! + whole
    this.doubles[bucket] = count
    this.doubles[first + HISTOGRAM_SUM] = sum
  }

  histogram(name: HistogramName): HistogramReading {
    const first = histogramIndexes[name]
    const counts = Array.from(this.doubles.subarray(first, first + HISTOGRAM_BUCKETS))
    return { counts, sum: this.doubles[first + HISTOGRAM_SUM]! }
  }
}

/** Where a counter lies in `Counters.doubles`. */
export function counterIndex(name: CounterName): number {
  return counterIndexes[name]
}

/** Where a gauge lies in `Counters.doubles`. */
export function gaugeIndex(name: GaugeName): number {
  return gaugeIndexes[name]
}

/** The largest value of a bucket: 0, 1, 3, 7 …; of the last one Infinity. */
export function bucketLimit(bucket: number): number {
  return bucket >= HISTOGRAM_BUCKETS - 1 ? Number.POSITIVE_INFINITY : 2 ** bucket - 1
}

function bucketOf(whole: number): number {
  const bucket = whole > 0x7fff_ffff ? HISTOGRAM_BUCKETS : 32 - Math.clz32(whole)
  return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1
}

function indexesOf<Name extends string>(
  names: readonly Name[],
  start: number,
  each: number,
): Readonly<Record<Name, number>> {
  return Object.freeze(Object.fromEntries(names.map((name, n) => [name, start + n * each]))) as Readonly<
    Record<Name, number>
  >
}
