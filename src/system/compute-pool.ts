import { Piscina } from 'piscina'
import { UsageError } from '../base/errors.ts'
import type { ComputePool } from '../kernel/compute-pool.ts'
import type { ComputeOutcome } from './compute-job.ts'

/** CPU work on Piscina, started when first used. Aborting a running job ends its thread. */
export class PiscinaPool implements ComputePool {
  #pool: Piscina | undefined

  async run(module: string, exportName: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    if (!URL.canParse(module)) {
      throw new UsageError('invalid-module', `compute: module must be a URL such as import.meta.url, got ${module}`)
    }
    this.#pool ??= new Piscina({
      filename: new URL(import.meta.url.endsWith('.ts') ? './compute-job.ts' : './compute-job.js', import.meta.url)
        .href,
      minThreads: 0,
      idleTimeout: 1_000,
      execArgv: [],
    })
    const outcome: ComputeOutcome = await this.#pool.run({ module, exportName, args }, { signal })
    if ('value' in outcome) return outcome.value
    const { thrown, own } = outcome
    throw thrown instanceof Error ? Object.assign(thrown, own) : thrown
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
    this.#pool = undefined
  }
}
