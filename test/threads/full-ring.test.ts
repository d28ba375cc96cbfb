import { createSystem } from 'troupe'
import { expect, test } from 'vitest'
import { Scribe } from '#fixtures/promises/scribe.actor'
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

test('a ring whose records are shorter than the room that is claimed first carries messages, asks and signals', async () => {
  const system = await createSystem({ threads: 1, spare: false, ringBytes: 4_096, log: 'silent', signals: false })
  const scribe = system.spawn(Scribe, [])
  await scribe.ready()
  for (let n = 0; n < 5; n++) scribe.tell.note({ n })
  expect(await scribe.ask.noted()).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })))
  expect(scribe.tell.note('x'.repeat(400))).toBe('accepted')
  await system.shutdown()
  expect((await system.account()).isExact).toBe(true)
})
