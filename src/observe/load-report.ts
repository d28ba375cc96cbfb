import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Clock, TimerHandle } from '../base/clock.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** Between two reports. Milliseconds. */
const REPORT_MS = 1_000
/**
 * Between two looks at how late the loop is. Milliseconds. Each look wakes the thread: at 20 ms three idle threads took 1.3 % of
 * a core, at 100 ms half a percent, at 250 ms next to nothing. A delay shorter than this may fall between two looks.
 */
const LOOK_MS = 250

/**
 * How busy this thread is, written into its seat once a second: event-loop delay and utilisation, heap. A thread that
 * is stuck shows what it reported last; `reportedMs` says when that was. Answers a function that ends it.
 */
export function reportLoad(memory: SystemMemory, seat: number, clock: Clock): () => void {
  const lateness = new Lateness()
  let since: EventLoopUtilization = performance.eventLoopUtilization()
  let reportedMs = clock.nowMs()
  let dueMs = 0
  let timer: TimerHandle
  const report = (nowMs: number): void => {
    const now = performance.eventLoopUtilization()
    const heap = getHeapStatistics()
    memory.seats.setLoad(seat, {
      ...lateness.take(),
      loopUtilisation: performance.eventLoopUtilization(now, since).utilization,
      heapUsedBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      externalBytes: heap.external_memory,
      reportedMs: nowMs,
    })
    since = now
    reportedMs = nowMs
  }
  const look = (): void => {
    const nowMs = clock.nowMs()
    lateness.add(Math.max(nowMs - dueMs, 0))
    if (nowMs - reportedMs > REPORT_MS - LOOK_MS / 2) report(nowMs)
    lookLater()
  }
  const lookLater = (): void => {
    dueMs = clock.nowMs() + LOOK_MS
    timer = clock.schedule(LOOK_MS, look)
  }
  lookLater()
  return () => timer.cancel()
}

/**
 * How late the looks since the last report were. Node's own `monitorEventLoopDelay` forgets the first delay after each reset,
 * which here would be every fourth one.
 */
class Lateness {
  #sumMs = 0
  #maxMs = 0
  #count = 0

  add(lateMs: number): void {
    this.#sumMs += lateMs
    this.#maxMs = Math.max(this.#maxMs, lateMs)
    this.#count++
  }

  take(): { readonly loopDelayMeanMs: number; readonly loopDelayMaxMs: number } {
    const figures = { loopDelayMeanMs: this.#sumMs / this.#count, loopDelayMaxMs: this.#maxMs }
    this.#sumMs = 0
    this.#maxMs = 0
    this.#count = 0
    return figures
  }
}
