import { parseArgs } from 'node:util'
import type { Scale } from './bench-case.ts'

export interface BenchOptions {
  readonly scale: Scale
  /** Only rows whose name begins with it. */
  readonly only: string
  /** Where the rows are written; undefined: nowhere. */
  readonly jsonFile: string | undefined
  readonly rounds: number
}

/** Wrong on the command line. The message says what, and what would have been right. */
export class BenchOptionError extends Error {}

const ROUNDS_MAX = 100
const roundsDefault: Readonly<Record<Scale, number>> = Object.freeze({ full: 5, quick: 3, smoke: 1 })

export const benchUsage = `usage: npm run bench -- [options]
  --only PREFIX   only benches whose name begins with PREFIX, such as kernel/ or threads/frame
  --json FILE     write the rows to FILE as well
  --quick         a quarter of the work, ${roundsDefault.quick} rounds
  --smoke         next to no work, one round: proves that every case runs, the figures mean nothing
  --rounds N      rounds of every case, 1 to ${ROUNDS_MAX}; default ${roundsDefault.full}
  --help          this text`

/** Answers undefined where only the usage is asked for. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args)
  if (values.help === true) return undefined
  if (values.quick === true && values.smoke === true)
    throw new BenchOptionError('--quick and --smoke exclude each other')
  const scale = values.smoke === true ? 'smoke' : values.quick === true ? 'quick' : 'full'
  return {
    scale,
    only: values.only ?? '',
    jsonFile: values.json,
    rounds: values.rounds === undefined ? roundsDefault[scale] : parseRounds(values.rounds),
  }
}

interface Values {
  readonly only?: string
  readonly json?: string
  readonly quick?: boolean
  readonly smoke?: boolean
  readonly rounds?: string
  readonly help?: boolean
}

function parse(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        only: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean' },
        smoke: { type: 'boolean' },
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values
  } catch (error) {
    throw new BenchOptionError((error as Error).message.split('\n')[0]?.split('. To specify')[0])
  }
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= ROUNDS_MAX) return rounds
  throw new BenchOptionError(`--rounds must be a whole number from 1 to ${ROUNDS_MAX}, got '${text}'`)
}
