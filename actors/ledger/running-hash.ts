import { createHash } from 'node:crypto'

/** Hash of everything that has passed so far, readable at any time. */
export class RunningHash {
  readonly #hash = createHash('sha256')
  #byteCount = 0

  get byteCount(): number {
    return this.#byteCount
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#byteCount += bytes.length
  }

  /** SHA-256 of the first `byteCount` bytes, in hex. The hash goes on afterwards. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }
}
