import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { LeaseChaos } from '#fixtures/memory/lease-run'
import { endAmongStores } from '#fixtures/memory/torn-run'

describe('accounts and leases of threads that are ended at any instruction', () => {
  it.each([
    [1, 6],
    [50, 16],
  ])(
    'agree to the last one, of records with %i descriptors, after %i deaths',
    async (frames, deaths) => {
      for (let death = 0; death < deaths; death++) {
        const turns = randomInt(5_000)
        expect(await endAmongStores(frames, turns), `${turns} turns`).toEqual([])
      }
    },
    60_000,
  )

  it('are exact after every death of one or both that talk, and at the end nothing is leased', async () => {
    const seed = randomInt(2 ** 31)
    const chaos = new LeaseChaos({ seed, kills: 12, deadlineMs: 60_000 })
    const complaints = await chaos.run()
    console.log(`seed ${seed}: ${chaos.received(1)} + ${chaos.received(2)} records`)
    expect(complaints, `seed ${seed}`).toEqual([])
  }, 90_000)
})
