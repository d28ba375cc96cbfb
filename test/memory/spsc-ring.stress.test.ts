import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type RingScenario, runRing } from '#fixtures/memory/ring-run'
import { RING_BYTES_MIN } from '#src/memory/ring-layout'

/** Records by scenario: a switch of threads each for lockstep, a few for flood in the smallest ring. */
const runs: readonly (readonly [RingScenario, number, number])[] = [
  ['flood-poll', RING_BYTES_MIN, 5_000],
  ['flood-async', RING_BYTES_MIN, 20_000],
  ['flood-blocking', RING_BYTES_MIN, 20_000],
  ['flood-poll', 4_096, 100_000],
  ['flood-async', 4_096, 100_000],
  ['lockstep-poll', RING_BYTES_MIN, 2_000],
  ['lockstep-async', RING_BYTES_MIN, 5_000],
  ['lockstep-blocking', RING_BYTES_MIN, 5_000],
]

describe('SpscRing and Doorbell between two threads', () => {
  it.each(runs)(
    '%s through %i bytes: %i records arrive whole and in order',
    async (scenario, ringBytes, records) => {
      const seed = randomInt(2 ** 31)
      const complaints = await runRing({ scenario, seed, records, ringBytes, stallMs: 10_000 })
      expect(complaints, `seed ${seed}`).toEqual([])
    },
    60_000,
  )
})
