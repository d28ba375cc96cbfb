import { createSystem } from 'troupe'
import { describe, expect, it, vi } from 'vitest'
import { Listener } from '#fixtures/kernel/listener.actor'
import { MixedParent } from '#fixtures/kernel/stubborn.actor'

describe.each([0, 1])('with %i worker threads', (threads) => {
  it('a child that does not stop in time is killed, and its siblings still stop in good order', async () => {
    const system = await createSystem({ threads, spare: false, signals: false, log: 'silent' })
    const listener = system.spawn(Listener, [])
    const parent = system.spawn(MixedParent, [listener])
    await parent.ready()
    parent.tell.quit()
    await vi.waitFor(async () => expect(await listener.ask.noted()).toContain('orderly stopped'))
    await system.shutdown()
    await system.terminated
  })
})
