import type { Writable } from 'node:stream'
import { Printer } from '../cli/printer.ts'
import type { ScreenOutput } from './screen.ts'

/** What is known of a terminal; the size may change at any time. */
type Terminal = Writable & Omit<ScreenOutput, 'write'>

/** Standard output whose reader may go away (`| head`), and which may be full. */
export class TolerantOutput implements ScreenOutput {
  readonly #stream: Terminal
  readonly #printer: Printer
  #failure: Error | undefined

  /** @param onEnd called when nothing can be written any more: with the reason, or undefined where just nobody reads */
  constructor(stream: Terminal, onEnd: (failure: Error | undefined) => void) {
    this.#stream = stream
    this.#printer = new Printer(stream)
    // The failure of a write is told after it: a turn later it is known.
    void this.#printer.closed.then(() => setImmediate(() => onEnd(this.#failure)))
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number | undefined {
    return this.#stream.columns
  }

  get rows(): number | undefined {
    return this.#stream.rows
  }

  write(text: string): void {
    this.#printer.write(text).catch((error: Error) => this.#fail(error))
  }

  /** Resolves when everything is with the operating system, or cannot be. */
  flush(): Promise<void> {
    return this.#printer.flush().catch((error: Error) => this.#fail(error))
  }

  #fail(error: Error): void {
    this.#failure ??= error
  }
}
