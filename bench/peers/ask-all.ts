import type { Outcome } from '../harness/bench-case.ts'
import { rateOf, windowed } from '../harness/measure.ts'

export interface AskSize {
  readonly [key: string]: number
  readonly asks: number
  readonly inFlight: number
}

/** Asks for every number from 0 up, `inFlight` at a time; the answer is the number. */
export function askAll({ asks, inFlight }: AskSize, ask: (value: number) => PromiseLike<number>): Promise<Outcome> {
  return rateOf(asks, async (count) => {
    let checksum = 0
    let counted = 0
    await windowed(count, inFlight, async (index) => {
      const answer = await ask(index) // read before the sum: `sum += await …` loses what others add meanwhile
      checksum += answer
      counted++
    })
    return { counted, checksum }
  })
}
