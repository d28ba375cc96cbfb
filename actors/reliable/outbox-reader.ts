import { closeSync, openSync, readSync } from 'node:fs'

/** Reads single records, mostly one behind the other. Synchronous: it is used when a session begins, not while it runs. */
export class RecordReader {
  #path = ''
  #fd: number | undefined
  #buffer = Buffer.allocUnsafe(4_096)

  /** Those bytes, or fewer where the file ends; valid until the next call. */
  read(path: string, offset: number, bytes: number): Buffer {
    if (path !== this.#path || this.#fd === undefined) {
      this.close()
      this.#fd = openSync(path, 'r')
      this.#path = path
    }
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes)
    const read = readSync(this.#fd, this.#buffer, 0, bytes, offset)
    return this.#buffer.subarray(0, read)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
