import type { LoopStream } from '../replay/loop-stream.ts'
import { RunningHash } from './running-hash.ts'

/**
 * Answers whether somebody's running hash is that of a prefix of a looped recording. It must be asked in the order of
 * growing byte counts: then checking costs each byte once, however often it is asked.
 */
export class PrefixCheck {
  readonly #stream: LoopStream
  readonly #expected = new RunningHash()

  constructor(stream: LoopStream) {
    this.#stream = stream
  }

  /** Whether `digest` is that of the stream's first `byteCount` bytes. A byte count below an earlier one answers false. */
  matches(byteCount: number, digest: string): boolean {
    if (byteCount < this.#expected.byteCount) return false
    for (const slice of this.#stream.slices(this.#expected.byteCount, byteCount)) this.#expected.update(slice)
    return this.#expected.digest() === digest
  }
}
