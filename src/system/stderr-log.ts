import pino, { type Logger } from 'pino'
import type { LogLevel, LogSink } from '../kernel/log.ts'
import type { LogThreshold } from './system-options.ts'

/**
 * Log records as JSON lines on standard error, written at once, so that the last lines before a thread's death are there.
 */
export class StderrLog implements LogSink {
  readonly #logger: Logger

  constructor(level: LogThreshold, thread: string) {
    this.#logger = pino({ level, base: { thread } }, pino.destination({ dest: 2, sync: true }))
  }

  write(level: LogLevel, path: string | undefined, fields: object, message: string): void {
    this.#logger[level](path === undefined ? fields : { actor: path, ...fields }, message)
  }
}
