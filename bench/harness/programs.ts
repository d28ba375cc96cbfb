import type { Contender, Program, WorkSize } from './bench-case.ts'
import { ErlangToolchain } from './erlang.ts'
import { findCommand } from './find-command.ts'
import { type Command, type Launched, launch } from './launch.ts'
import { siblingModule } from './package-root.ts'

/** What became of one run, or why there was none. */
export type Ran = Launched | { readonly skipped: string }

/** Starts the programs of contenders, each run in a fresh process. */
export class ProgramRunner {
  readonly #timeLimitMs: number
  /** Prepared when the first Erlang program is to run. */
  #erlang: ErlangToolchain | string | undefined

  constructor(timeLimitMs: number) {
    this.#timeLimitMs = timeLimitMs
  }

  /** Never rejects because of the program: what it did wrong is a `failure`. */
  async run(contender: Contender, size: WorkSize): Promise<Ran> {
    const command = this.#command(contender.program, size)
    return typeof command === 'string' ? { skipped: command } : launch(command, this.#timeLimitMs)
  }

  dispose(): void {
    if (this.#erlang instanceof ErlangToolchain) this.#erlang.dispose()
    this.#erlang = undefined
  }

  /** Or why there is none. */
  #command(program: Program, size: WorkSize): Command | string {
    if (program.kind === 'module') {
      const { needs } = program
      if (needs !== undefined && findCommand(needs) === undefined) return `${needs} is not installed`
      const child = new URL(siblingModule('child', import.meta.url)).pathname
      const args = [program.url, program.work, JSON.stringify(size), String(this.#timeLimitMs)]
      return { file: process.execPath, args: ['--expose-gc', '--no-warnings', child, ...args] }
    }
    this.#erlang ??= ErlangToolchain.prepare()
    if (typeof this.#erlang === 'string') return this.#erlang
    return this.#erlang.command(program.schedulers, program.work, size, this.#timeLimitMs)
  }
}
