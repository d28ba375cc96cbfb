import type { Outcome } from './bench-case.ts'

/** What marks the line that the harness reads; everything else that a program prints is noise. Erlang's writes it too. */
const MARK = 'bench-outcome '

export function formatOutcome(outcome: Outcome): string {
  return `${MARK}${JSON.stringify(outcome)}\n`
}

/** The outcome among everything that a program printed; undefined if it printed none, or one that makes no sense. */
export function parseOutcome(output: string): Outcome | undefined {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith(MARK))
  if (line === undefined) return undefined
  try {
    const outcome = JSON.parse(line.slice(MARK.length)) as Partial<Outcome>
    const figures = Object.values(outcome.figures ?? {})
    const isWhole = Number.isFinite(outcome.counted) && Number.isFinite(outcome.checksum)
    return isWhole && figures.length > 0 && figures.every(Number.isFinite) ? (outcome as Outcome) : undefined
  } catch {
    return undefined
  }
}
