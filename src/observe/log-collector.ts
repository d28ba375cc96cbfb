import pino, { type DestinationStream, type Logger } from 'pino'
import type { LogLevel } from '../kernel/log.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { decodeLine, LEVEL_NUMBERS, type LogLine, type LogThreshold } from './log-line.ts'

/** Where lines go: a file's path, a file descriptor, or whatever pino can write to. */
export type LogDestination = string | number | DestinationStream

/** Between two looks at the rings. Milliseconds. */
const COLLECT_MS = 100
/** Lines of one thread that are taken in a row. */
const LINES_MAX = 10_000

const levelNames = new Map(Object.entries(LEVEL_NUMBERS).map(([level, number]) => [number, level as LogLevel]))

const asItIs = (value: unknown): unknown => value

interface Collected {
  readonly seat: number
  readonly level: number
  readonly line: LogLine
}

/**
 * The one logger of a system, on the thread that created it: prints what all threads have put into their rings. Lines
 * of one thread are printed in their order; those of several that are collected together, by time. While this thread is
 * busy lines wait in the rings, and what a dead thread logged last is printed like everything else.
 */
export class LogCollector {
  readonly #memory: SystemMemory
  readonly #threadName: (seat: number) => string
  readonly #destination: DestinationStream
  readonly #isOurs: boolean
  readonly #logger: Logger
  readonly #droppedBefore: number[]
  #timer: NodeJS.Timeout | undefined
  readonly #onExit = (): void => this.collect()

  constructor(
    memory: SystemMemory,
    options: { readonly level: LogThreshold; readonly destination: LogDestination },
    threadName: (seat: number) => string,
  ) {
    this.#memory = memory
    this.#threadName = threadName
    this.#isOurs = typeof options.destination !== 'object'
    this.#destination =
      typeof options.destination === 'object'
        ? options.destination
        : pino.destination({ dest: options.destination, sync: true, mkdir: true })
    // Time, thread and what is said of errors are those of the line, not of its printing.
    this.#logger = pino(
      { level: options.level, base: null, timestamp: false, serializers: { err: asItIs } },
      this.#destination,
    )
    this.#droppedBefore = new Array<number>(memory.options.seatsMax).fill(0)
  }

  /** Begins to look for lines, and looks once more when the process exits. Does not keep the process alive. */
  start(): void {
    this.#timer = setInterval(() => this.collect(), COLLECT_MS).unref()
    process.on('exit', this.#onExit)
  }

  /** Prints what there is. */
  collect(): void {
    const lines: Collected[] = []
    for (let seat = 0; seat < this.#memory.options.seatsMax; seat++) {
      const reader = this.#memory.logReader(seat)
      if (reader.hasLines) {
        reader.drain(({ level, text }) => lines.push({ seat, level, line: decodeLine(text) }), LINES_MAX)
      }
    }
    lines.sort((a, b) => a.line.time - b.line.time || a.seat - b.seat || a.line.seq - b.line.seq)
    for (const line of lines) this.#print(line)
    this.#printDropped()
  }

  /** Prints the last lines and lets go of a destination that is not the caller's. */
  close(): void {
    clearInterval(this.#timer)
    process.off('exit', this.#onExit)
    this.collect()
    if (this.#isOurs) (this.#destination as ReturnType<typeof pino.destination>).end()
  }

  #print({ seat, level, line }: Collected): void {
    const { time, seq, actor, msg, fields } = line
    const of = { time, thread: this.#threadName(seat), seq, ...(actor === undefined ? {} : { actor }) }
    this.#logger[levelNames.get(level) ?? 'error']({ ...of, ...fields, ...of }, msg) // of first to be printed first, and last to prevail
  }

  #printDropped(): void {
    for (let seat = 0; seat < this.#memory.options.seatsMax; seat++) {
      const { dropped } = this.#memory.logReader(seat)
      const before = this.#droppedBefore[seat] as number
      if (dropped === before) continue
      this.#droppedBefore[seat] = dropped
      this.#logger.warn({ thread: this.#threadName(seat), dropped: dropped - before }, 'lines were not logged')
    }
  }
}
