import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Clock, TimerHandle } from '../base/clock.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** Between two reports. Milliseconds. */
const REPORT_MS = 1_000
/**
 * Between two looks at how late the loop is. Milliseconds. Each look wakes the thread: at 20 ms three idle threads took 1.3 % of
 * a core, at 100 ms half a percent, at 250 ms next to nothing. A delay shorter than this may fall between two looks.
 */
const RESOLUTION_MS = 250

/**
 * How busy this thread is, written into its seat once a second: event-loop delay and utilisation, heap. A thread that
 * is stuck shows what it reported last; `reportedMs` says when that was. Answers a function that ends it.
 */
export function reportLoad(memory: SystemMemory, seat: number, clock: Clock): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let since: EventLoopUtilization = performance.eventLoopUtilization()
  let timer: TimerHandle
  const report = (): void => {
    const now = performance.eventLoopUtilization()
    const heap = getHeapStatistics()
    memory.seats.setLoad(seat, {
      ...lateness(delay.mean, delay.max),
      loopUtilisation: performance.eventLoopUtilization(now, since).utilization,
      heapUsedBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      externalBytes: heap.external_memory,
      reportedMs: clock.nowMs(),
    })
    since = now
    delay.reset()
    timer = clock.schedule(REPORT_MS, report)
  }
  timer = clock.schedule(REPORT_MS, report)
  return () => {
    timer.cancel()
    delay.disable()
  }
}

/** Nanoseconds between two looks, of which the time between looks is not late. Both NaN or 0 before the first. */
function lateness(
  meanNs: number,
  maxNs: number,
): { readonly loopDelayMeanMs: number; readonly loopDelayMaxMs: number } {
  const late = (ns: number): number => (ns > 0 ? Math.max(ns / 1e6 - RESOLUTION_MS, 0) : 0)
  return { loopDelayMeanMs: late(meanNs), loopDelayMaxMs: late(maxNs) }
}
