/** Timers and time for everything that must also run under a virtual clock. */
export interface Clock {
  /** Milliseconds, monotonic, with fractions; the same scale in all threads of a process. Not wall-clock time. */
  nowMs(): number
  /** Calls `onDue` once after `delayMs` (>= 0). A pending timer does not keep the process alive. */
  schedule(delayMs: number, onDue: () => void): TimerHandle
}

export interface TimerHandle {
  /** After this `onDue` will not be called. Any number of times. */
  cancel(): void
}

/** setTimeout fires at once for anything above this. Milliseconds. */
const DELAY_MAX_MS = 2 ** 31 - 1

class SystemTimer implements TimerHandle {
  #timeout: NodeJS.Timeout

  constructor(dueMs: number, onDue: () => void) {
    this.#timeout = this.#arm(dueMs, onDue)
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #arm(dueMs: number, onDue: () => void): NodeJS.Timeout {
    const restMs = dueMs - systemClock.nowMs()
    const fire = restMs <= DELAY_MAX_MS ? onDue : () => void (this.#timeout = this.#arm(dueMs, onDue))
    return setTimeout(fire, Math.min(Math.max(restMs, 0), DELAY_MAX_MS)).unref()
  }
}

// performance.now() counts from each thread's own start; process.hrtime is one scale for all threads, but costs a bigint.
const threadOffsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** The process's own monotonic clock. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => threadOffsetMs + performance.now(),
  schedule: (delayMs: number, onDue: () => void) => new SystemTimer(systemClock.nowMs() + delayMs, onDue),
})

/** Wall-clock time for log lines and file names. Milliseconds since the epoch. */
export const wallClockMs = (): number => Date.now()
