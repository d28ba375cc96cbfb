import { type GatewayReport, renderReport } from './report.ts'
import { redraw, renderLine, renderScreen } from './terminal.ts'
import type { GatewayView } from './view.ts'

/** Where a run shows itself. */
export interface Screen {
  /** How often it wants to be shown something; Infinity: never. Milliseconds. */
  readonly everyMs: number
  /** What may be written to standard error meanwhile. */
  readonly log: 'silent' | 'warn'
  show(view: GatewayView): void
  /** No view follows, but there is no report yet. */
  ending(): void
  end(report: GatewayReport): void
}

/** What a screen needs of standard output. */
export interface ScreenOutput {
  readonly isTTY?: boolean
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  write(text: string): unknown
}

const COLUMNS_DEFAULT = 80
const ROWS_DEFAULT = 24
const ENDING_TEXT =
  'Commands come to their results, devices back online. Ctrl-C ends the program without waiting for them.\n'

/** One JSON object at the end; a picture that is redrawn in place on a terminal that can; a line a second elsewhere. */
export function makeScreen(isJson: boolean, output: ScreenOutput): Screen {
  if (isJson) return new JsonScreen(output)
  return output.isTTY === true && process.env.TERM !== 'dumb' ? new TerminalScreen(output) : new LineScreen(output)
}

class JsonScreen implements Screen {
  readonly everyMs = Number.POSITIVE_INFINITY
  readonly log = 'warn'
  readonly #output: ScreenOutput

  constructor(output: ScreenOutput) {
    this.#output = output
  }

  show(): void {}

  ending(): void {}

  end(report: GatewayReport): void {
    this.#output.write(`${JSON.stringify(report)}\n`)
  }
}

class LineScreen implements Screen {
  readonly everyMs = 1_000
  readonly log = 'warn'
  readonly #output: ScreenOutput

  constructor(output: ScreenOutput) {
    this.#output = output
  }

  show(view: GatewayView): void {
    this.#output.write(`${renderLine(view)}\n`)
  }

  ending(): void {
    this.#output.write(`\n${ENDING_TEXT}`)
  }

  end(report: GatewayReport): void {
    this.#output.write(`\n${renderReport(report).join('\n')}\n`)
  }
}

class TerminalScreen implements Screen {
  readonly everyMs = 250
  readonly log = 'silent' // a line in between would make a mess of the picture
  readonly #output: ScreenOutput
  #lineCount = 0

  constructor(output: ScreenOutput) {
    this.#output = output
  }

  show(view: GatewayView): void {
    // The terminal may have been resized since: its size is read every time. Some say 0, which is as good as nothing.
    const { columns, rows } = this.#output
    // What has scrolled out at the top could not be drawn again; the last row is the cursor's.
    const rowsMax = Math.max(1, (rows || ROWS_DEFAULT) - 1)
    const lines = renderScreen(view, columns || COLUMNS_DEFAULT).slice(0, rowsMax)
    this.#output.write(redraw(lines, this.#lineCount))
    this.#lineCount = lines.length
  }

  ending(): void {
    this.#output.write(`\n${ENDING_TEXT}`)
  }

  end(report: GatewayReport): void {
    this.#output.write(`\n${renderReport(report).join('\n')}\n`)
  }
}
