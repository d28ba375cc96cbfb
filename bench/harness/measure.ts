import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome, Tally } from './bench-case.ts'
import { median, percentile } from './statistics.ts'

/** A promise and its handle: benches wait for what the last message does. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** Runs a fifth of the work to warm up, then all of it under the clock. Figure: `rate`, what was counted per second. */
export async function rateOf(count: number, run: (count: number) => Promise<Tally>): Promise<Outcome> {
  await run(Math.ceil(count / 5))
  const startMs = performance.now()
  const tally = await run(count)
  const elapsedMs = performance.now() - startMs
  return { ...tally, figures: { rate: (tally.counted / elapsedMs) * 1_000 } }
}

/** Milliseconds after which no further iteration is begun, once there are `ITERATIONS_MIN`: some peers need long. */
const WARM_UP_MS = 500
const BUDGET_MS = 1_500
const ITERATIONS_MIN = 3

/**
 * Savina's way: the same program again and again in one process, a quarter as often to warm up. Figure: `ms`, the median of
 * the iterations. Mirrored by `iterations_of` in `bench_measure.erl`.
 */
export async function iterationsOf(iterationsMax: number, run: () => Promise<Tally>): Promise<Outcome> {
  const warmUp = await iterate(Math.ceil(iterationsMax / 4), 1, WARM_UP_MS, run)
  const { elapsedMs, tally } = await iterate(iterationsMax, ITERATIONS_MIN, BUDGET_MS, run)
  checkSame(warmUp.tally, tally)
  return { ...tally, figures: { ms: median(elapsedMs) } }
}

/** `min` to `max` iterations, as many as begin within `budgetMs`. All of them count the same. */
async function iterate(max: number, min: number, budgetMs: number, run: () => Promise<Tally>): Promise<Iterated> {
  const beginMs = performance.now()
  const elapsedMs: number[] = []
  let first: Tally | undefined
  while (elapsedMs.length < max && (elapsedMs.length < min || performance.now() - beginMs < budgetMs)) {
    const startMs = performance.now()
    const tally = await run()
    elapsedMs.push(performance.now() - startMs)
    first ??= tally
    checkSame(first, tally)
  }
  if (first === undefined) throw new Error('no iteration was asked for')
  return { elapsedMs, tally: first }
}

interface Iterated {
  readonly elapsedMs: readonly number[]
  readonly tally: Tally
}

function checkSame(one: Tally, other: Tally): void {
  if (one.counted === other.counted && one.checksum === other.checksum) return
  const [first, next] = [one, other].map(({ counted, checksum }) => `${counted} (checksum ${checksum})`)
  throw new Error(`iterations differ: counted ${first}, then ${next}`)
}

/**
 * Figures `p50` and `p99` in microseconds, of `count` calls after `count / 5` to warm up. `rest` is awaited between calls
 * and not measured.
 */
export async function latenciesOf(
  count: number,
  call: (index: number) => Promise<void>,
  rest?: () => Promise<void>,
): Promise<Outcome> {
  const warmUps = Math.ceil(count / 5)
  const elapsedUs = new Float64Array(count)
  let checksum = 0
  for (let index = -warmUps; index < count; index++) {
    await rest?.()
    const startMs = performance.now()
    await call(Math.max(0, index))
    if (index < 0) continue
    elapsedUs[index] = (performance.now() - startMs) * 1_000
    checksum += index
  }
  return {
    figures: { p50: percentile(elapsedUs, 0.5), p99: percentile(elapsedUs, 0.99) },
    counted: elapsedUs.length,
    checksum,
  }
}

/** `count` calls of which `inFlight` run at a time. */
export async function windowed(count: number, inFlight: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane))
}

export interface MemoryUse {
  /** What lives in the JavaScript heap and in buffers after collection. */
  readonly heapBytes: number
  readonly rssBytes: number
}

/** After a forced collection (`--expose-gc`, which the harness passes) and a rest in which freed pages are given back. */
export async function settledMemory(): Promise<MemoryUse> {
  const collect = (globalThis as { gc?: () => void }).gc
  if (collect === undefined) throw new Error('memory can only be measured under --expose-gc')
  for (let pass = 0; pass < 4; pass++) {
    collect()
    await sleep(30)
  }
  const usage = process.memoryUsage()
  return { heapBytes: usage.heapUsed + usage.external, rssBytes: usage.rss }
}

/** 0 + 1 + … + (count − 1): the checksum of messages numbered from 0. */
export function sumBelow(count: number): number {
  return (count * (count - 1)) / 2
}
