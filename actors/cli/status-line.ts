import type { Writable } from 'node:stream'

/** Between two looks at the counts. Milliseconds. */
const EVERY_MS = 1_000

/** How a person is kept informed: one line of a terminal that is written over again and again, or a line each time. */
export class StatusLine {
  readonly #stream: Writable
  readonly #text: () => string
  readonly #isTerminal: boolean
  readonly #timer: NodeJS.Timeout
  #isShown = false

  /** @param isTerminal the line stays where it is, and is written over */
  constructor(stream: Writable, isTerminal: boolean, text: () => string) {
    this.#stream = stream
    this.#text = text
    this.#isTerminal = isTerminal
    this.#timer = setInterval(() => this.#show(), EVERY_MS)
  }

  /** Makes room for other output. */
  hide(): void {
    if (!this.#isShown) return
    this.#isShown = false
    this.#stream.write('\r\u001b[K')
  }

  end(): void {
    clearInterval(this.#timer)
    this.hide()
  }

  #show(): void {
    this.hide()
    this.#isShown = this.#isTerminal
    this.#stream.write(this.#isTerminal ? cut(this.#text(), columnsOf(this.#stream)) : `${this.#text()}\n`)
  }
}

/** Whether a stream shows what is written over. A dumb terminal does not. */
export function isTerminal(stream: NodeJS.WritableStream): boolean {
  return (stream as { isTTY?: boolean }).isTTY === true && process.env.TERM !== 'dumb'
}

const COLUMNS_DEFAULT = 80

/** The terminal may have been resized since. */
function columnsOf(stream: Writable): number {
  return (stream as { columns?: number }).columns || COLUMNS_DEFAULT
}

/** A line that the terminal breaks could not be written over; one that fills it may be broken too. */
function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`
}
