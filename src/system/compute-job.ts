import { unsendable } from '../kernel/unsendable.ts'
import { encodeThrown } from '../wire/thrown-codec.ts'
import { ValueCodec } from '../wire/value-codec.ts'

export interface ComputeJob {
  readonly module: string
  readonly exportName: string
  readonly args: readonly unknown[]
}

/**
 * What came of a job, encoded: structured clone would lose an error's class and properties, and a pool's thread ends when it is
 * to answer something that cannot be cloned.
 */
export type ComputeOutcome =
  | { readonly answer: Uint8Array; readonly encoding: number }
  | { readonly thrown: Uint8Array }

/** Longest answer of a job. Bytes. */
const ANSWER_BYTES_MAX = 2 ** 28

/** For the outcome of jobs, on both sides. */
export function outcomeCodec(): ValueCodec {
  return new ValueCodec({ messageBytesMax: ANSWER_BYTES_MAX })
}

const codec = outcomeCodec()

/** What a thread of the CPU pool runs: one export of a user's module. */
export default async function computeJob({ module, exportName, args }: ComputeJob): Promise<ComputeOutcome> {
  let answer: unknown
  try {
    const exports = (await import(module)) as Record<string, unknown>
    const job = exports[exportName]
    if (typeof job !== 'function') throw new TypeError(`${module} exports no function '${exportName}'`)
    answer = await job(...args)
  } catch (thrown) {
    return { thrown: encodeThrown(codec, thrown) }
  }
  try {
    return { answer: codec.encodeOwned(1, answer, undefined, undefined, 'answer'), encoding: codec.encoding }
  } catch (error) {
    return { thrown: encodeThrown(codec, unsendable(error, `'${exportName}' of ${module}`)) }
  }
}
