import { createSystem } from 'troupe'
import { describe, expect, it } from 'vitest'
import { Listener } from '#fixtures/kernel/listener.actor'
import { MixedParent, Stubborn } from '#fixtures/kernel/stubborn.actor'
import { Ordered, Scribe } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'

const quiet = { signals: false, log: 'silent', spare: false } as const

describe.each([0, 2])('a shutdown, with %i worker threads', (threads) => {
  it('handles what was sent before it, and leaves an exact account', async () => {
    const system = await createSystem({ ...quiet, threads })
    const scribe = system.spawn(Scribe, [])
    for (let n = 0; n < 5_000; n++) scribe.tell.note(n)
    await system.shutdown()
    await system.terminated
    expect(await system.account()).toMatchObject({ sent: 5_000, handled: 5_000, queued: 0, lost: 0, isExact: true })
  })

  it('names those it waits for when its deadline passes, and has ended everything then too', async () => {
    const system = await createSystem({ ...quiet, threads })
    const stubborn = system.spawn(Stubborn, [], { name: 'stubborn', shutdownMs: Number.POSITIVE_INFINITY })
    await stubborn.ready()
    await expect(system.shutdown({ deadlineMs: 300 })).rejects.toMatchObject({
      code: 'shutdown-timeout',
      message: expect.stringContaining('/stubborn'),
    })
    expect(() => system.spawn(Scribe, [])).toThrow(expect.objectContaining({ code: 'system-stopped' }))
  })

  it('stops top-level actors in reverse order', async () => {
    const system = await createSystem({ ...quiet, threads })
    const listener = system.spawn(Scribe, [])
    const letters: string[] = []
    const first = system.spawn(Ordered, [listener, 'first', []])
    const second = system.spawn(Ordered, [listener, 'second', []])
    await Promise.all([first.ready(), second.ready()])
    system.events.on('all', ({ type }) => letters.push(type))
    await system.shutdown()
    expect(await system.account()).toMatchObject({ isExact: true })
    expect(letters).toEqual([])
  })

  it('kills a child that does not stop in time, and its siblings still stop in good order', async () => {
    const system = await createSystem({ ...quiet, threads })
    const listener = system.spawn(Listener, [])
    const parent = system.spawn(MixedParent, [listener])
    await parent.ready()
    parent.tell.quit()
    await eventually(async () => expect(await listener.ask.noted()).toContain('orderly stopped'))
    await system.shutdown()
  })

  it('asked for twice is one shutdown', async () => {
    const system = await createSystem({ ...quiet, threads })
    expect(system.shutdown()).toBe(system.shutdown())
    await system.terminated
  })
})
