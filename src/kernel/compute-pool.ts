/** Port: a pool for CPU work away from the threads of actors. */
export interface ComputePool {
  /** Runs the export of a module with these arguments; aborting ends it, also in the middle of its work. */
  run(module: string, exportName: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown>
}
