import { describe, expect, it } from 'vitest'
import type { ChildOptions, Stopping } from '#src/kernel/supervision/child-options'
import type { SuperviseOptions } from '#src/kernel/supervision/supervise-options'
import { Family, failure } from './family.ts'

const together: ChildOptions = { stopping: 'together' }
const names = ['a', 'b', 'c', 'd', 'e', 'f']

/** Children that stop when the test says so. */
function slowFamily(children: Record<string, ChildOptions>, supervise?: SuperviseOptions): Family {
  const family = new Family(supervise, children)
  for (const name of Object.keys(children)) family.slowToStop.add(name)
  return family
}

describe('two neighbours', () => {
  const table: [later: Stopping, earlier: Stopping, areInterchangeable: boolean, stopTogether: boolean][] = [
    ['in-turn', 'in-turn', false, false],
    ['in-turn', 'in-turn', true, true],
    ['together', 'together', false, true],
    ['together', 'together', true, true],
    // Or a row of three could join one that has to wait with one that others wait for.
    ['together', 'in-turn', true, false],
    ['in-turn', 'together', true, false],
  ]
  it.each(table)('%s behind %s, interchangeable: %s, stop together: %s', (later, earlier, alike, stopTogether) => {
    const family = slowFamily({ a: { stopping: earlier }, b: { stopping: later } })
    if (alike) family.kinds.set('a', 'x').set('b', 'x')
    family.supervisor.shutdown()
    expect(family.take()).toEqual(stopTogether ? ['stop b', 'stop a'] : ['stop b'])
    family.exited('b')
    expect(family.take()).toEqual(stopTogether ? ['forget b'] : ['forget b', 'stop a'])
    family.exited('a')
    expect(family.take()).toEqual(['forget a', 'allStopped'])
  })
})

describe('more children than are asked in one turn', () => {
  const many = Array.from({ length: 1_100 }, (_, n) => `child-${n}`)

  it.each([
    ['interchangeable: those of the next turn wait, since they may have got something to do meanwhile', {}, 1_024],
    ["with stopping 'together': those of the next turn wait for nobody", together, 1_100],
  ])('%s', (_, options, asked) => {
    const family = slowFamily(Object.fromEntries(many.map((name) => [name, options])))
    for (const name of many) family.kinds.set(name, 'x')
    family.supervisor.shutdown()
    family.resumeAll()
    expect(family.take()).toEqual(
      [...many]
        .reverse()
        .slice(0, asked)
        .map((name) => `stop ${name}`),
    )
    for (const name of [...many].reverse().slice(0, asked)) family.exited(name)
    expect(family.take().filter((command) => command.startsWith('stop'))).toHaveLength(1_100 - asked)
  })
})

describe("children with stopping 'together'", () => {
  it('are asked at the same time, the last started first, and end in any order', () => {
    const family = slowFamily({ a: together, b: together, c: together })
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop c', 'stop b', 'stop a'])
    for (const name of ['b', 'a', 'c']) family.exited(name)
    expect(family.take()).toEqual(['forget b', 'forget a', 'forget c', 'allStopped'])
  })

  it('keep their place among the others: after those started later, before those started earlier', () => {
    const family = slowFamily({ a: {}, b: together, c: together, d: {} })
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop d'])
    family.exited('d')
    expect(family.take()).toEqual(['forget d', 'stop c', 'stop b'])
    family.exited('b')
    expect(family.take()).toEqual(['forget b'])
    family.exited('c')
    expect(family.take()).toEqual(['forget c', 'stop a'])
  })

  it('have their own time each, counted from when they were asked', () => {
    const family = slowFamily({ a: { ...together, shutdownMs: 20 }, b: { ...together, shutdownMs: 10 }, c: together })
    family.supervisor.shutdown()
    expect(family.timers).toEqual(
      new Map([
        ['c', 5_000],
        ['b', 10],
        ['a', 20],
      ]),
    )
    family.timerElapsed('b')
    family.exited('c')
    family.timerElapsed('a')
    expect(family.take().slice(3)).toEqual(['kill b', 'forget b', 'forget c', 'kill a', 'forget a', 'allStopped'])
    expect(family.timers.size).toBe(0)
  })

  it('may be restarting, waiting or parked: those that do not run are let go', () => {
    const family = slowFamily(
      { a: together, b: { ...together, backoff: {} }, c: { ...together, backoff: { restartsMax: 0 } }, d: together },
      { restartsMax: 5 },
    )
    family.slowToStart.add('d')
    for (const name of ['b', 'c', 'd']) family.exited(name)
    family.take()
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop d', 'forget c', 'forget b', 'stop a'])
  })

  it('are all killed when their parent is killed meanwhile', () => {
    const family = slowFamily({ a: {}, b: together, c: together })
    family.supervisor.shutdown()
    family.take()
    family.supervisor.kill()
    expect(family.take()).toEqual(['kill c', 'forget c', 'kill b', 'forget b', 'kill a', 'forget a', 'allStopped'])
  })

  it('may be lost with their thread meanwhile, and nobody is started again', () => {
    const family = slowFamily({ a: {}, b: together, c: together, d: together })
    family.supervisor.shutdown()
    family.take()
    family.threadLost(['a', 'b', 'd'])
    expect(family.take()).toEqual(['forget a', 'forget b', 'forget d'])
    family.exited('c')
    expect(family.take()).toEqual(['forget c', 'allStopped'])
  })

  it('end with their parent when one of them was significant', () => {
    const significant = { ...together, restart: 'temporary', significant: true } as const
    const family = slowFamily({ a: together, b: significant, c: significant }, { autoShutdown: 'any-significant' })
    family.exited('b')
    expect(family.take()).toEqual(['forget b', 'stop c', 'stop a'])
    family.exited('c', { kind: 'normal' })
    family.exited('a')
    expect(family.take()).toEqual(['forget c', 'forget a', 'exitSelf shutdown'])
  })

  it('are waited for if one was to stop alone before', () => {
    const family = slowFamily({ a: {}, b: together, c: together })
    family.supervisor.stopChild(family.child('c'))
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop c', 'stop b'])
    family.exited('b')
    expect(family.take()).toEqual(['forget b'])
    family.exited('c')
    expect(family.take()).toEqual(['forget c', 'stop a'])
  })
})

describe.each(['one-for-all', 'rest-for-one'] as const)(
  "a %s round over children with stopping 'together'",
  (strategy) => {
    const first = strategy === 'one-for-all' ? ['a'] : []

    it('stops those concerned together, and starts them one by one when all have ended', () => {
      const family = slowFamily({ a: together, b: together, c: together, d: together }, { strategy })
      family.exited('b')
      expect(family.take()).toEqual(['stop d', 'stop c', ...first.map((name) => `stop ${name}`)])
      family.slowToStart.add('c')
      for (const name of [...first, 'd']) family.exited(name)
      expect(family.take()).toEqual([])
      family.exited('c')
      expect(family.take()).toEqual([...first, 'b', 'c'].map((name) => `restart ${name}`))
      family.started('c')
      expect(family.take()).toEqual(['restart d'])
    })

    it('takes in who fails before it was asked, and kills who is too slow', () => {
      const family = slowFamily({ a: together, b: {}, c: {}, d: together, e: together }, { strategy, restartsMax: 5 })
      family.exited('b')
      expect(family.take()).toEqual(['stop e', 'stop d'])
      family.exited('c')
      family.timerElapsed('d')
      expect(family.take()).toEqual(['kill d'])
      family.exited('e')
      if (strategy === 'one-for-all') family.exited('a')
      const restarts = [...first, 'b', 'c', 'd', 'e'].map((name) => `restart ${name}`)
      expect(family.take()).toEqual([...first.map((name) => `stop ${name}`), ...restarts])
    })

    it('asks nobody twice when it begins again for an earlier failure', () => {
      const family = slowFamily({ a: {}, b: {}, c: together, d: together }, { strategy, restartsMax: 5 })
      family.exited('c')
      family.exited('b')
      expect(family.take()).toEqual(['stop d'])
      family.exited('d')
      if (strategy === 'one-for-all') family.exited('a')
      const restarts = [...first, 'b', 'c', 'd'].map((name) => `restart ${name}`)
      expect(family.take()).toEqual([...first.map((name) => `stop ${name}`), ...restarts])
    })

    it('lets go of them when the end comes meanwhile', () => {
      const family = slowFamily({ a: {}, b: together, c: together, d: together }, { strategy })
      family.exited('b')
      family.exited('c')
      family.take()
      family.supervisor.shutdown()
      expect(family.take()).toEqual(['forget c', 'forget b'])
      family.exited('d')
      expect(family.take()).toEqual(['forget d', 'stop a'])
    })
  },
)

describe('interchangeable children', () => {
  it('stop together in rows of one kind', () => {
    const family = slowFamily({ a: {}, b: {}, c: {}, d: {}, e: {}, f: {} })
    for (const [index, name] of names.entries()) family.kinds.set(name, index < 3 ? 'x' : 'y')
    family.kinds.delete('f')
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop f'])
    family.exited('f')
    expect(family.take()).toEqual(['forget f', 'stop e', 'stop d'])
    family.exited('d')
    expect(family.take()).toEqual(['forget d'])
    family.exited('e')
    expect(family.take()).toEqual(['forget e', 'stop c', 'stop b', 'stop a'])
  })

  it('are not taken for such once the one between them has gone', () => {
    const family = slowFamily({ a: {}, b: {}, c: {} })
    family.kinds.set('b', 'x').set('c', 'x')
    family.supervisor.stopChild(family.child('b'))
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop b', 'stop c'])
    family.exited('b')
    expect(family.take()).toEqual(['forget b'])
    family.exited('c')
    expect(family.take()).toEqual(['forget c', 'stop a'])
  })
})

describe('a supervisor with very many children', () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`c${n}`, together]))

  it('asks so many in one turn that others get theirs, and goes on in the next', () => {
    const family = slowFamily(many)
    family.supervisor.shutdown()
    expect(family.take().length).toBe(1_024)
    expect(family.isPaused).toBe(true)
    family.exited('c4999') // a report does not hurry it
    expect(family.take()).toEqual(['forget c4999'])
    family.resume()
    expect(family.take().length).toBe(1_024)
    expect(family.resumeAll()).toBe(3)
    expect(family.take().length).toBe(5_000 - 2 * 1_024)
    for (let n = 0; n < 4_999; n++) family.exited(`c${n}`)
    expect(family.take().slice(-1)).toEqual(['allStopped'])
  })

  it('kills them all at once, also between two turns', () => {
    const family = slowFamily(many)
    family.supervisor.shutdown()
    family.take()
    family.supervisor.kill()
    expect(family.take().length).toBe(10_000)
    expect(family.supervisor.children.count).toBe(0)
    family.resumeAll()
    expect(family.take()).toEqual(['allStopped'])
  })

  it('stops nobody in its next turn whom a shutdown meanwhile has let go', () => {
    const family = slowFamily(many, { strategy: 'one-for-all' })
    family.exited('c7', failure)
    expect(family.take().length).toBe(1_024)
    family.supervisor.shutdown()
    expect(family.resumeAll()).toBeGreaterThan(0)
    const commands = family.take()
    expect(commands.filter((command) => command.startsWith('stop ')).length).toBe(4_999 - 1_024)
    expect(commands.filter((command) => command.startsWith('forget '))).toEqual(['forget c7'])
  })
})
