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

test('a ring too small for the order to start an actor refuses it, with what is needed', async () => {
  const system = await createSystem({ threads: 1, spare: false, ringBytes: 1_024, log: 'silent', signals: false })
  const needed = /^a message may have 112 bytes, this one has \d+$/
  expect(() => system.spawn(Patient, [0])).toThrow(
    expect.objectContaining({ code: 'message-too-large', message: expect.stringMatching(needed) }),
  )
  await system.shutdown()
})
