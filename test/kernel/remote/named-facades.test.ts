import { type ActorSystem, createSystem } from 'troupe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Listener } from '#fixtures/kernel/listener.actor'
import { Speaker } from '#fixtures/kernel/speaker.actor'

describe('a ref to an actor whose definition its thread has not loaded', () => {
  let system: ActorSystem
  beforeAll(async () => {
    system = await createSystem({ threads: 1, spare: false, signals: false, log: 'silent' })
  })
  afterAll(() => system.shutdown())

  it('tells and asks by name, whatever the number of arguments', async () => {
    const listener = system.spawn(Listener, [], { placement: 'here' })
    const speaker = system.spawn(Speaker, [], { placement: 'any' })
    const notes = ['', 'a', 'a+b', 'a+b+c']
    expect(await speaker.ask.speak(listener)).toEqual(notes.map((words) => [...notes, `asked ${words}`]))
  })

  it('rejects for a handler that does not exist', async () => {
    const listener = system.spawn(Listener, [], { placement: 'here' })
    const speaker = system.spawn(Speaker, [], { placement: 'any' })
    await expect(speaker.ask.mumble(listener)).rejects.toMatchObject({ code: 'unknown-handler' })
  })
})
