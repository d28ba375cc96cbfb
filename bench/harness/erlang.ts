import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkSize } from './bench-case.ts'
import type { Command } from './launch.ts'
import { packageRoot } from './package-root.ts'

const COMPILE_LIMIT_MS = 60_000

/** Erlang/OTP as a peer: its programs, compiled once into a folder of their own. */
export class ErlangToolchain {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Compiles the programs. Answers why not where Erlang/OTP is missing; throws where a program does not compile. */
  static prepare(): ErlangToolchain | string {
    const version = spawnSync('erlc', ['-v'], { timeout: COMPILE_LIMIT_MS })
    if (version.error !== undefined) return 'Erlang/OTP is not installed (no erlc found)'
    const sources = fileURLToPath(new URL('bench/peers/erlang/', packageRoot))
    const folder = mkdtempSync(join(tmpdir(), 'troupe-bench-'))
    const files = readdirSync(sources)
      .filter((name) => name.endsWith('.erl'))
      .map((name) => join(sources, name))
    const compiled = spawnSync('erlc', ['+inline', '-o', folder, ...files], {
      timeout: COMPILE_LIMIT_MS,
      encoding: 'utf8',
    })
    if (compiled.status === 0) return new ErlangToolchain(folder)
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`the Erlang programs do not compile: ${compiled.stdout}${compiled.stderr}`)
  }

  /** One scheduler, or two bound to a core each. Nothing is read from the terminal, nothing is logged. */
  command(schedulers: 1 | 2, work: string, size: WorkSize, timeLimitMs: number): Command {
    const binding = schedulers === 1 ? [] : ['+sbt', 'db']
    const sizeWords = Object.entries(size).map(([key, value]) => `${key}=${value}`)
    const vm = ['+S', `${schedulers}:${schedulers}`, ...binding, '-noinput', '-pa', this.#folder]
    return { file: 'erl', args: [...vm, '-run', 'bench_run', 'main', work, String(timeLimitMs), ...sizeWords] }
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
