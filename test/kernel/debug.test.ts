import { type ActorRef, defineActor } from 'troupe'
import { describe, expect, it } from 'vitest'
import { startSystem } from './support/start-system.ts'

const module = import.meta.url

class Point {
  readonly x = 1
}

const Holder = defineActor({
  name: 'Holder',
  module,
  start: (_self, initial: object) => ({ values: [initial] as unknown[] }),
  on: {
    hold: (self, ...values: unknown[]) => void self.state.values.push(...values),
    values: (self) => self.state.values,
    async *each(self) {
      yield* self.state.values
    },
    isOne: ({ state: { values } }) => values[1] === (values[2] as unknown[])[0],
    method: () => () => 'a function',
    async *methods() {
      yield 1
      yield () => 'a function'
      yield 3
    },
    fail: () => {
      throw Object.assign(new RangeError('told to'), { extra: 1 })
    },
    ref: (self) => self.ref as unknown,
  },
})

describe('with debug: true', () => {
  it('what was sent is a copy: changing it afterwards changes no message', async () => {
    const { system } = await startSystem({ debug: true })
    const [first, second, third, initial] = [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 0 }]
    const holder = system.spawn(Holder, [initial])
    holder.tell.hold(first, second, third)
    await holder.ask.hold(first)
    for (const value of [initial, first, second, third]) value.n = -1
    expect(await holder.ask.values()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 1 }])
  })

  it('answers and items of streams are copies too', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{ n: 0 }])
    const values = (await holder.ask.values()) as { n: number }[]
    for (const value of values) value.n = -1
    for await (const value of holder.stream.each()) (value as { n: number }).n = -1
    expect(await holder.ask.values()).toEqual([{ n: 0 }])
  })

  it('refs stay refs', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    const ref = (await holder.ask.ref()) as ActorRef
    expect(ref.equals(holder)).toBe(true)
  })

  it('what cannot be sent between threads is refused here too, and nothing waits for it', async () => {
    const { system, account } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    await holder.ready()
    const { sent } = await account()
    expect(() => holder.tell.hold(() => 1)).toThrow(expect.objectContaining({ code: 'not-sendable' }))
    await expect(holder.ask.hold(Symbol('no'))).rejects.toMatchObject({ code: 'not-sendable' })
    expect((await account()).sent).toBe(sent)
    await expect(holder.ask.method()).rejects.toMatchObject({ code: 'not-sendable' })
  })

  it('what is refused is named as between threads', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    const message = 'args[1].on: a function cannot be sent'
    expect(() => holder.tell.hold(1, { on: () => 1 })).toThrow(expect.objectContaining({ message }))
    await expect(holder.ask.hold(1, { on: () => 1 })).rejects.toMatchObject({ message })
    expect(() => system.spawn(Holder, [{ on: () => 1 }])).toThrow('args[0].on: a function cannot be sent')
    await expect(holder.ask.method()).rejects.toMatchObject({
      message: `'method' of ${holder.path} answered what cannot be sent: answer: a function cannot be sent`,
    })
  })

  it('an object that occurs twice in a message arrives as one', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    const twice = { n: 1 }
    holder.tell.hold(twice, [twice])
    expect(await holder.ask.isOne()).toBe(true)
  })

  it('an answer is what it was when it was given', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{ n: 0 }])
    const asked = holder.ask.values()
    holder.tell.hold('later')
    expect(await asked).toEqual([{ n: 0 }])
  })

  it('an item that cannot be sent ends its stream', async () => {
    const { system, settle } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    const items: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const item of holder.stream.methods()) items.push(item)
    }
    await expect(read()).rejects.toMatchObject({ code: 'not-sendable' })
    expect(items).toEqual([1])
    await settle()
    expect((await holder.ask.values()).length).toBe(1)
  })

  it('errors keep name, message and properties, as between threads', async () => {
    const { system } = await startSystem({ debug: true })
    const holder = system.spawn(Holder, [{}])
    await expect(holder.ask.fail()).rejects.toMatchObject({ name: 'RangeError', message: 'told to', extra: 1 })
  })
})

describe('without it', () => {
  it('values pass by reference, and cost no copy', async () => {
    const { system } = await startSystem()
    const holder = system.spawn(Holder, [{}])
    const point = new Point()
    holder.tell.hold(point)
    expect((await holder.ask.values())[1]).toBe(point)
  })
})
