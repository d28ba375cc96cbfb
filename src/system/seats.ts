/** Holds the root; runs no user code. */
export const GUARDIAN_SEAT = 0
/** Watched, but never replaced. */
export const MAIN_SEAT = 1

/** What the thread on a seat is called in logs and metrics. */
export function threadName(seat: number): string {
  if (seat === GUARDIAN_SEAT) return 'guardian'
  return seat === MAIN_SEAT ? 'main' : `worker-${seat}`
}

/** What the guardian's thread offers to the main thread. */
export type GuardianControl = {
  /** Starts root and workers. Resolves when all run. */
  start(): Promise<void>
  /** Resolves with the reason, as `encodeThrown` has it, when the root has ended: it holds what was thrown. */
  rootEnded(): Promise<Uint8Array>
  stopRoot(): void
  /** Ends all worker threads; those that do not end in time are killed. */
  end(deadlineMs: number): Promise<void>
  killThread(seat: number): Promise<boolean>
  killSpare(): Promise<void>
  /** A debugger has been attached, or may be, or cannot be any more. */
  setInspected(isInspected: boolean): void
}
