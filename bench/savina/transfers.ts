import { PseudoRandom } from '../harness/pseudo-random.ts'

export interface Transfer {
  readonly from: number
  readonly to: number
  readonly amount: number
}

const SEED = 123_456

/** The transfers of `banking` in order. An account pays only to one with a higher number, so no two wait for each other. */
export function* transfersOf(accounts: number, transfers: number): Generator<Transfer> {
  const random = new PseudoRandom(SEED)
  for (let index = 0; index < transfers; index++) {
    const from = random.below(Math.floor(accounts / 10) * 8)
    const distance = Math.max(1, random.below(accounts - from))
    yield { from, to: from + distance, amount: 1 + random.below(1_000) }
  }
}
