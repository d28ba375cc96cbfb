import { Worker } from 'node:worker_threads'
import { ControlClient } from './control-port.ts'

/** What a worker's thread offers to the guardian. */
export type WorkerControl = {
  /** Takes a seat. Resolves when it runs. */
  occupy(place: OccupyOrder): Promise<void>
  /** Imports modules of actors that it may get. Resolves when it has tried. */
  load(modules: readonly string[]): Promise<void>
  /** Lets go of everything, so that the thread can end by itself. */
  leave(): Promise<void>
  cpuProfile(milliseconds: number): Promise<string>
}

export interface OccupyOrder {
  readonly seat: number
  readonly incarnation: number
  readonly rootSeat: number
  readonly workerSeats: readonly number[]
  readonly lost: unknown
}

/** How a thread came to its end. */
export interface ThreadExit {
  readonly exitCode: number
  /** What it did not catch, if that ended it. */
  readonly error: unknown
}

/** A worker thread as the guardian sees it: control calls, and one notice of its end. */
export class WorkerThread {
  readonly worker: Worker
  readonly control: ControlClient<WorkerControl>
  /** Resolves once, with the exit; `error` and `exit` are one event here. */
  readonly exited: Promise<ThreadExit>

  /** `heapMaxBytes`: where its heap ends; Infinity leaves that to Node. */
  constructor(entry: URL, name: string, workerData: unknown, heapMaxBytes: number) {
    this.worker = new Worker(entry, {
      name,
      workerData,
      execArgv: flagsForThreads(),
      ...(heapMaxBytes === Number.POSITIVE_INFINITY ? {} : { resourceLimits: limitsFor(heapMaxBytes) }),
    })
    this.control = new ControlClient(this.worker)
    let error: unknown
    this.worker.on('error', (thrown) => {
      error = thrown
    })
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (exitCode) => {
        this.control.end(`the thread ${name} ended with exit code ${exitCode}`)
        resolve({ exitCode, error })
      })
    })
  }

  /** What its heap holds, as Node sees it from outside, also while it is busy; undefined where Node cannot (before 22.16). */
  async heapUsedBytes(): Promise<number | undefined> {
    const worker = this.worker as Partial<WorkerWithHeap>
    if (worker.getHeapStatistics === undefined) return undefined
    try {
      return (await worker.getHeapStatistics()).used_heap_size
    } catch {
      return undefined // it has ended
    }
  }

  /** Ends it wherever it is. Resolves when it has; false if that took longer than `killMs`. */
  async kill(killMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, killMs, false).unref()
    })
    void this.worker.terminate()
    const isDead = await Promise.race([this.exited.then(() => true), late])
    clearTimeout(timer)
    return isDead
  }
}

/** What Node 22.16 and later have. */
interface WorkerWithHeap {
  getHeapStatistics(): Promise<{ readonly used_heap_size: number }>
}

/** The young generation's part of a heap, and what V8 of Node 20 gives it at most. MiB. */
const YOUNG_SHARE = 8
const YOUNG_MIB_MAX = 48

/**
 * V8 ends a thread as soon as the old generation could not take in all of the young one. Left to itself it would give the
 * young one up to 192 MiB (Node 24), and end a thread whose heap of 64 MiB is three quarters full: before anybody sees it.
 */
function limitsFor(heapMaxBytes: number): { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number } {
  const mib = Math.ceil(heapMaxBytes / 2 ** 20)
  return {
    maxOldGenerationSizeMb: mib,
    maxYoungGenerationSizeMb: Math.min(Math.ceil(mib / YOUNG_SHARE), YOUNG_MIB_MAX),
  }
}

/** Flags of this thread that one which it makes gets too. Those about the process, or a test runner's, are not handed on. */
export function flagsForThreads(given: readonly string[] = process.execArgv): string[] {
  const flags: string[] = []
  for (const [index, flag] of given.entries()) {
    if (!HANDED_ON.some((start) => flag.startsWith(start))) continue
    // Written with a space, the value is the next argument; Worker takes neither a flag without it nor it alone.
    flags.push(WITH_VALUE.includes(flag) ? `${flag}=${given[index + 1] ?? ''}` : flag)
  }
  return flags
}

const HANDED_ON: readonly string[] = ['--enable-source-maps', '--cpu-prof', '--stack-trace-limit']
const WITH_VALUE: readonly string[] = [
  '--cpu-prof-dir',
  '--cpu-prof-interval',
  '--cpu-prof-name',
  '--stack-trace-limit',
]
