import { describe, expect, it } from 'vitest'
import { actorPath, handlerName } from '#src/memory/actor-path'
import { nameHash } from '#src/memory/name-hash'
import { SystemMemory } from '#src/memory/system-memory'

function memories() {
  const here = SystemMemory.create({ seatsMax: 2, actorsPerSeat: 64 })
  return { here, there: SystemMemory.attach(here.buffer) }
}

function publish(memory: SystemMemory, seat: number, parentSlot: number, name: string | undefined): number {
  const { directory } = memory
  const slot = directory.allocate(seat)
  if (name !== undefined) memory.names.write(slot, name)
  const hash = name === undefined ? undefined : nameHash(name)
  directory.publish(slot, directory.generation(slot), seat, parentSlot, hash)
  return slot
}

describe('names in shared memory', () => {
  it('are read by other threads', () => {
    const { here, there } = memories()
    here.names.write(3, 'gateway')
    here.names.write(64 + 3, 'Gerät-7')
    expect([there.names.read(3), there.names.read(67), there.names.read(4)]).toEqual(['gateway', 'Gerät-7', ''])
  })

  it('are cut at a whole character after 63 bytes', () => {
    const { here } = memories()
    here.names.write(0, `${'x'.repeat(62)}ä!`)
    expect(here.names.read(0)).toBe('x'.repeat(62))
  })

  it('make paths, across seats and with slots for actors that have none', () => {
    const { here, there } = memories()
    const root = publish(here, 0, -1, undefined)
    const gateway = publish(here, 0, root, 'gateway')
    const nameless = publish(here, 1, gateway, undefined)
    const device = publish(here, 1, nameless, 'device')
    expect(actorPath(there, root)).toBe('/')
    expect(actorPath(there, device)).toBe(`/gateway/$${nameless.toString(36)}/device`)
  })

  it('do not outlive their actor', () => {
    const { here } = memories()
    const root = publish(here, 0, -1, undefined)
    const slot = publish(here, 0, root, 'first')
    here.directory.free(slot)
    here.directory.publish(slot, here.directory.generation(slot), 0, root, undefined)
    expect(actorPath(here, slot)).toBe(`/$${slot.toString(36)}`)
  })

  it('end a path that would never end', () => {
    const { here } = memories()
    const one = publish(here, 0, 1, 'one')
    publish(here, 0, one, 'two')
    expect(actorPath(here, one)).toMatch(/^\/…\/(two\/one|one\/two)/)
  })
})

describe('definitions in shared memory', () => {
  const counter = { name: 'Counter', handlerNames: ['add', 'total'], handlerMs: 50 }

  it('are numbered once, also by the next thread on the seat', () => {
    const { here, there } = memories()
    const number = here.definitions.register(1, counter)
    expect(there.definitions.register(1, { ...counter })).toBe(number)
    expect(here.definitions.register(0, counter)).not.toBe(number)
    expect(there.definitions.read(number)).toEqual(counter)
    expect(there.definitions.count(1)).toBe(1)
  })

  it('that nobody registered are undefined', () => {
    const { here } = memories()
    expect([0, 1, -1, 99_999].map((number) => here.definitions.read(number))).toEqual(new Array(4).fill(undefined))
  })

  it('name the handler of an actor', () => {
    const { here, there } = memories()
    const slot = publish(here, 1, -1, undefined)
    expect(handlerName(there, slot, 1)).toBeUndefined()
    here.directory.setDefinition(slot, here.definitions.register(1, counter))
    expect([-1, 0, 1, 2].map((handler) => handlerName(there, slot, handler))).toEqual([
      undefined,
      'add',
      'total',
      undefined,
    ])
  })

  it('keep as many whole handler names as there is room for', () => {
    const { here, there } = memories()
    const handlerNames = Array.from({ length: 100 }, (_, n) => `handler-number-${n}`)
    const number = here.definitions.register(0, { name: 'Many', handlerNames, handlerMs: Number.POSITIVE_INFINITY })
    const read = there.definitions.read(number)!
    expect(read.handlerNames.length).toBeGreaterThan(40)
    expect(read.handlerNames).toEqual(handlerNames.slice(0, read.handlerNames.length))
    expect(read.handlerMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('are 0 once a seat has 256 of them', () => {
    const { here } = memories()
    for (let n = 0; n < 256; n++) expect(here.definitions.register(0, { ...counter, name: `D${n}` })).toBe(n + 1)
    expect(here.definitions.register(0, counter)).toBe(0)
    expect(here.definitions.register(1, counter)).toBe(257)
  })

  it('say after what time the first handler may be stuck', () => {
    const { here } = memories()
    expect(here.definitions.shortestHandlerMs()).toBe(Number.POSITIVE_INFINITY)
    here.definitions.register(0, { ...counter, handlerMs: 70 })
    here.definitions.register(1, { ...counter, handlerMs: 30 })
    expect(here.definitions.shortestHandlerMs()).toBe(30)
  })
})
