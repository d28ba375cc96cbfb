import { Worker } from 'node:worker_threads'
import { ControlClient } from './control-port.ts'

/** What a worker's thread offers to the guardian. */
export type WorkerControl = {
  /** Takes a seat. Resolves when it runs. */
  occupy(place: OccupyOrder): Promise<void>
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

  constructor(entry: URL, name: string, workerData: unknown, resourceLimits: object | undefined) {
    this.worker = new Worker(entry, {
      name,
      workerData,
      execArgv: process.execArgv.filter(isForWorkers),
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
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

  /** Ends it wherever it is. Resolves when it has; false if that took longer than `killMs`. */
  async kill(killMs: number): Promise<boolean> {
    const late = new Promise<false>((resolve) => {
      setTimeout(resolve, killMs, false).unref()
    })
    void this.worker.terminate()
    return Promise.race([this.exited.then(() => true), late])
  }
}

/** Flags that are about the process, or a test runner's, are not handed on; see docs/explanation. */
function isForWorkers(flag: string): boolean {
  return flag.startsWith('--enable-source-maps') || flag.startsWith('--cpu-prof') || flag.startsWith('--stack-trace-limit')
}
