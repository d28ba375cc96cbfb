import { systemClock, type TimerHandle } from '../base/clock.ts'

/** Between two looks: nobody is told when an inspector is opened, by SIGUSR1 or `inspector.open()`. Milliseconds. */
const LOOK_MS = 500

/** Whether a debugger is attached to this process, or may be: its inspector is open. */
export class InspectorWatch {
  readonly #url: () => string | undefined
  #timer: TimerHandle | undefined

  private constructor(url: () => string | undefined) {
    this.#url = url
  }

  static async load(): Promise<InspectorWatch> {
    if (!process.features.inspector) return new InspectorWatch(() => undefined)
    const inspector = await import('node:inspector')
    return new InspectorWatch(() => inspector.url())
  }

  get isOpen(): boolean {
    return this.#url() !== undefined
  }

  /** Calls `onChange` whenever `isOpen` is another than before, and than `was` at first. */
  follow(was: boolean, onChange: (isOpen: boolean) => void): void {
    this.#timer = systemClock.schedule(LOOK_MS, () => {
      const { isOpen } = this
      this.follow(isOpen, onChange)
      if (isOpen !== was) onChange(isOpen)
    })
  }

  close(): void {
    this.#timer?.cancel()
  }
}
