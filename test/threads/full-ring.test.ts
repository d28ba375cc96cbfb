import { createSystem } from 'troupe'
import { expect, test } from 'vitest'
import { Patient } from '#fixtures/threads/patient.actor'

test('more signals than a ring holds wait on the sender, who goes on with its other work', async () => {
  const system = await createSystem({ threads: 1, spare: false, ringBytes: 8_192, log: 'silent', signals: false })
  const refs = Array.from({ length: 400 }, () => system.spawn(Patient, [0], { placement: 'here' }))
  await Promise.all(refs.map((ref) => ref.ready()))
  expect(system.inspect().threads.find(({ name }) => name === 'main')?.actors).toBeGreaterThanOrEqual(400)
  await system.shutdown()
  expect((await system.account()).isExact).toBe(true)
})
