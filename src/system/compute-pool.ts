import { Piscina } from 'piscina'
import { UsageError } from '../base/errors.ts'
import type { ComputePool } from '../kernel/compute-pool.ts'
import { decodeThrown } from '../wire/thrown-codec.ts'
import { type ComputeOutcome, outcomeCodec } from './compute-job.ts'

/** CPU work on Piscina, started when first used. Aborting a running job ends its thread. */
export class PiscinaPool implements ComputePool {
  #pool: Piscina | undefined
  readonly #codec = outcomeCodec()

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
    const outcome = await this.#run(this.#pool, module, exportName, args, signal)
    if ('thrown' in outcome) throw decodeThrown(this.#codec, outcome.thrown)
    this.#codec.decodeOwned(outcome.answer, outcome.encoding)
    const { a } = this.#codec
    this.#codec.release()
    return a
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
    this.#pool = undefined
  }

  async #run(
    pool: Piscina,
    module: string,
    exportName: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<ComputeOutcome> {
    try {
      return await pool.run({ module, exportName, args }, { signal })
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'DataCloneError') throw error
      const message = `compute: an argument of '${exportName}' of ${module} cannot be sent: ${error.message}`
      throw new UsageError('not-sendable', message, { cause: error })
    }
  }
}
