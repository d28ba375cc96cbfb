import { wallClockMs } from '../base/clock.ts'
import type { LogLevel, LogSink } from '../kernel/log.ts'
import type { LogWriter } from '../memory/log-ring.ts'
import { encodeLine, LEVEL_NUMBERS, type LogThreshold } from './log-line.ts'

/**
 * Log lines into the ring of this thread's seat. Never blocks and never throws: where nobody makes room in time a line
 * is dropped and counted. What is in the ring outlives the thread.
 */
export class RingLog implements LogSink {
  readonly #writer: LogWriter
  readonly #least: number
  readonly #onWritten: (() => void) | undefined

  constructor(writer: LogWriter, threshold: LogThreshold, onWritten?: () => void) {
    this.#writer = writer
    this.#least = LEVEL_NUMBERS[threshold]
    this.#onWritten = onWritten
  }

  write(level: LogLevel, path: string | undefined, fields: object, message: string): void {
    const number = LEVEL_NUMBERS[level]
    if (number < this.#least) return
    const isError = fields instanceof Error
    const line = {
      time: wallClockMs(),
      seq: this.#writer.sequence + 1,
      actor: path,
      msg: isError && message === '' ? fields.message : message,
      fields: isError ? { err: fields } : fields,
    }
    this.#writer.write(number, -1, 0, encodeLine(line, this.#writer.lineBytesMax))
    this.#onWritten?.()
  }
}
