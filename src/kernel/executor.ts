/** Port: how a kernel gets the thread's attention. */
export interface Executor {
  /** Runs `task` before the event loop goes on: a microtask. */
  soon(task: () => void): void
  /** Runs `task` after pending I/O had its chance: setImmediate. */
  later(task: () => void): void
}
