/** Structured logging, bound to an actor. Fields first, as pino has it. Never throws, never blocks. */
export interface Log {
  debug(fields: object | string, message?: string): void
  info(fields: object | string, message?: string): void
  warn(fields: object | string, message?: string): void
  error(fields: object | string, message?: string): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where log records go. The kernel's port: `path` is the actor's, or undefined for the runtime's own. */
export interface LogSink {
  write(level: LogLevel, path: string | undefined, fields: object, message: string): void
}

export class BoundLog implements Log {
  readonly #sink: LogSink
  readonly #path: string | undefined

  constructor(sink: LogSink, path: string | undefined) {
    this.#sink = sink
    this.#path = path
  }

  debug(fields: object | string, message?: string): void {
    this.#write('debug', fields, message)
  }

  info(fields: object | string, message?: string): void {
    this.#write('info', fields, message)
  }

  warn(fields: object | string, message?: string): void {
    this.#write('warn', fields, message)
  }

  error(fields: object | string, message?: string): void {
    this.#write('error', fields, message)
  }

  #write(level: LogLevel, fields: object | string, message: string | undefined): void {
    if (typeof fields === 'string') this.#sink.write(level, this.#path, {}, fields)
    else this.#sink.write(level, this.#path, fields, message ?? '')
  }
}
