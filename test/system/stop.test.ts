import type { ActorRef } from 'troupe'
import { describe, expect, test } from 'vitest'
import { Landlord, Lodger, type LodgerProtocol } from '#fixtures/system/lodger.actor'
import { eventually } from '../support/eventually.ts'
import { withSystem } from '../support/with-system.ts'

const none = (ref: ActorRef<LodgerProtocol>): ActorRef<never> => ref as unknown as ActorRef<never>

describe.each([0, 2])('system.stop, with %i worker threads', (threads) => {
  test('resolves when the actor has stopped in good order, and it does not come back', () =>
    withSystem({ threads }, async (system) => {
      const landlord = system.spawn(Landlord, [])
      const lodger = system.spawn(Lodger, [landlord], { restart: 'permanent', name: 'lodger' })
      await lodger.ready()
      await system.stop(none(lodger))
      expect(lodger.tell.note('hello')).toBe('actor-stopped')
      expect(await system.whereis('lodger')).toBeUndefined()
      await eventually(async () => expect(await landlord.ask.notes()).toEqual(['lodger started', 'lodger stopped']))
    }))

  test('stops one that has not started yet, and one that waits for its backoff', () =>
    withSystem({ threads }, async (system) => {
      const landlord = system.spawn(Landlord, [])
      const starting = system.spawn(Lodger, [landlord])
      await system.stop(none(starting))
      expect(starting.tell.note('hello')).toBe('actor-stopped')
      const failing = system.spawn(Lodger, [landlord], { backoff: { minMs: 60_000, maxMs: 60_000 } })
      await failing.ready()
      await failing.ask.fail().catch(() => {})
      await system.stop(none(failing))
      await eventually(() => expect(failing.tell.note('hello')).toBe('actor-stopped'))
    }))

  test('answers at once for one that has stopped already', () =>
    withSystem({ threads }, async (system) => {
      const landlord = system.spawn(Landlord, [])
      await Promise.all([system.stop(landlord as ActorRef<never>), system.stop(landlord as ActorRef<never>)])
      await system.stop(landlord as ActorRef<never>)
      expect(landlord.tell.note('hello')).toBe('actor-stopped')
    }))

  test('refuses what is no ref, and the root', () =>
    withSystem({ threads }, async (system) => {
      await expect(system.stop({} as never)).rejects.toMatchObject({ code: 'not-a-ref' })
      const root = await system.whereis('/')
      await expect(system.stop(root as ActorRef<never>)).rejects.toMatchObject({ code: 'not-a-child' })
    }))

  test.each(['here', 'any'] as const)('a parent stops a child that lives %s', (placement) =>
    withSystem({ threads }, async (system) => {
      const landlord = system.spawn(Landlord, [])
      const lodger = await landlord.ask.letTo(threads === 0 ? 'here' : placement)
      await lodger.ready()
      await landlord.ask.evict(lodger)
      await eventually(async () => expect((await landlord.ask.notes()).at(-1)).toBe('lodger stopped'))
      expect(lodger.tell.note('hello')).toBe('actor-stopped')
      const stranger = system.spawn(Lodger, [landlord])
      await expect(landlord.ask.evict(stranger)).rejects.toMatchObject({ code: 'not-a-child' })
    }),
  )

  test.runIf(threads > 0)('resolves although the thread of the actor dies meanwhile', () =>
    withSystem({ threads }, async (system) => {
      const landlord = system.spawn(Landlord, [], { placement: 'any' })
      const lodger = system.spawn(Lodger, [landlord], { placement: { key: 'x' } })
      await lodger.ready()
      const stopped = system.stop(none(lodger))
      await system.killThread(none(lodger))
      await stopped
      await eventually(() => expect(lodger.tell.note('hello')).toBe('actor-stopped'))
    }),
  )
})
