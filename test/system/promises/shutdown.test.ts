import { createSystem } from 'troupe'
import { describe, expect, it } from 'vitest'
import { Listener } from '#fixtures/kernel/listener.actor'
import { MixedParent, Stubborn } from '#fixtures/kernel/stubborn.actor'
import { Ordered, Scribe } from '#fixtures/promises/scribe.actor'
import { Chronicler, chronicle } from '#fixtures/system/chronicler.actor'
import { eventually } from '../../support/eventually.ts'

/** Threads of this one's making; the guardian's takes all others with it. */
const ownThreads = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length

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

  it('waits no longer than a moment for what nobody will handle', async () => {
    const system = await createSystem({ ...quiet, threads })
    const scribe = system.spawn(Scribe, [])
    await scribe.ask.pause()
    scribe.tell.note('put aside')
    await scribe.ready()
    await system.shutdown({ deadlineMs: 3_600_000 }) // a quarter of which it may take while actors are being started
    expect(await system.account()).toMatchObject({ queued: 0, isExact: true })
  })

  it.each([
    ['of its own', {}, { deadlineMs: 300 }],
    ['of the system', { shutdownMs: 300 }, undefined],
  ])(
    'names those it waits for when its deadline passes, and has ended everything then too: %s',
    async (_, options, own) => {
      const before = ownThreads()
      const system = await createSystem({ ...quiet, threads, ...options })
      const stubborn = system.spawn(Stubborn, [], { name: 'stubborn', shutdownMs: Number.POSITIVE_INFINITY })
      await stubborn.ready()
      expect(ownThreads()).toBe(before + (threads > 0 ? 1 : 0))
      await expect(system.shutdown(own)).rejects.toMatchObject({
        code: 'shutdown-timeout',
        message: expect.stringMatching(/more than 300 ms.*\/stubborn/),
      })
      expect(ownThreads()).toBe(before)
      await expect(stubborn.ask.greet()).rejects.toMatchObject({ code: expect.stringMatching(/-stopped$/) })
      expect(() => system.spawn(Scribe, [])).toThrow(expect.objectContaining({ code: 'system-stopped' }))
    },
  )

  it('names ten of those it waits for, and counts the others', async () => {
    const system = await createSystem({ ...quiet, threads })
    const options = { shutdownMs: Number.POSITIVE_INFINITY, stopping: 'together' } as const
    const many = Array.from({ length: 30 }, () => system.spawn(Stubborn, [], options))
    await Promise.all(many.map((stubborn) => stubborn.ready()))
    const message = await system.shutdown({ deadlineMs: 300 }).catch((error) => error.message)
    expect(message).toMatch(/it waited for \/ \(stopping, 0 queued\), .* and 21 more$/) // the root among them
    expect(message.split('), ').length).toBe(10)
  })

  it('stops top-level actors in reverse order, and waits for each', async () => {
    const system = await createSystem({ ...quiet, threads })
    const listener = system.spawn(Chronicler, [], { placement: 'here' })
    const labels = ['first', 'second', 'third']
    await Promise.all(labels.map((label) => system.spawn(Ordered, [listener, label, []]).ready()))
    chronicle.length = 0
    await system.shutdown()
    const inOrder = labels.toReversed().flatMap((label) => [`${label} begins`, `${label} ends`])
    expect(chronicle).toEqual(inOrder)
    expect(await system.account()).toMatchObject({ isExact: true })
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
