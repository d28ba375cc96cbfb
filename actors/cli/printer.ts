import type { Writable } from 'node:stream'

/** Standard output as far as its reader wants it: `| head` ends the output, not the program with an error. */
export class Printer {
  readonly #stream: Writable
  #failure: Error | undefined
  /** Several may write at the same time. */
  #waiting: (() => void)[] = []
  #isClosed = false
  #tellClosed = (): void => {}
  /** Resolves when nobody reads any more. */
  readonly closed = new Promise<void>((resolve) => {
    this.#tellClosed = resolve
  })

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#failure = error
      this.#close()
    })
    stream.on('close', () => this.#close())
    stream.on('drain', () => this.#wake())
  }

  /** Nobody reads any more: there is no sense in going on. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Resolves when more may be written, or nobody reads any more. Rejects where the output failed otherwise: a full disk. */
  async write(text: string): Promise<void> {
    if (text !== '' && !this.#isClosed && !this.#stream.write(text)) {
      await new Promise<void>((resolve) => {
        if (this.#isClosed) resolve()
        else this.#waiting.push(resolve)
      })
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** As `write`, when everything is with the operating system. */
  async flush(): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      this.#stream.write('', () => resolve())
    })
    if (this.#failure !== undefined) throw this.#failure
  }

  #close(): void {
    this.#isClosed = true
    this.#tellClosed()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
