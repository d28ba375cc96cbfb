import type { CommandResult } from './command-result.ts'

/** Results that can still be asked for. Count. */
export const RESULTS_KEPT = 1_000

/** The results of commands: who waits for one gets it, and the last 1,000 are kept. */
export class CommandOutcomes {
  readonly #results = new Map<string, CommandResult>()
  /** No more than commands that live. */
  readonly #waiting = new Map<string, (result: CommandResult) => void>()

  get(id: string): CommandResult | undefined {
    return this.#results.get(id)
  }

  /** It is called once, when `settle` is. */
  await(id: string, onFinished: (result: CommandResult) => void): void {
    this.#waiting.set(id, onFinished)
  }

  keep(result: CommandResult): void {
    this.#results.delete(result.id) // an id may come again: it is the newest then
    this.#results.set(result.id, result)
    if (this.#results.size > RESULTS_KEPT) this.#results.delete(this.#results.keys().next().value as string)
  }

  settle(result: CommandResult): void {
    const onFinished = this.#waiting.get(result.id)
    this.#waiting.delete(result.id)
    onFinished?.(result)
  }
}
