import { describe, expect, it } from 'vitest'
import type { ExitReason } from '#src/kernel/supervision/exit-reason'
import { Family, failure, startFailed, type TestChild } from './family.ts'

describe('shutdown', () => {
  it('stops one child at a time, the last started first, and waits for each', () => {
    const family = new Family({}, { a: {}, b: {}, c: {} })
    for (const name of ['a', 'b', 'c']) family.slowToStop.add(name)
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['stop c'])
    family.exited('c', { kind: 'shutdown' })
    expect(family.take()).toEqual(['forget c', 'stop b'])
    family.exited('b', failure) // however it ended
    expect(family.take()).toEqual(['forget b', 'stop a'])
    family.exited('a', { kind: 'shutdown' })
    expect(family.take()).toEqual(['forget a', 'allStopped'])
    expect(family.reasons.get('forget b')).toBe(failure)
  })

  it('gives each child its own time, counted from when it was asked, and then kills it', () => {
    const family = new Family({}, { a: { shutdownMs: 20 }, b: { shutdownMs: Number.POSITIVE_INFINITY }, c: {} })
    for (const name of ['a', 'b', 'c']) family.slowToStop.add(name)
    family.supervisor.shutdown()
    expect(family.timers).toEqual(new Map([['c', 5_000]]))
    family.timerElapsed('c')
    expect(family.timers.size).toBe(0) // b may take as long as it likes
    family.exited('b', { kind: 'shutdown' })
    expect(family.timers).toEqual(new Map([['a', 20]]))
    family.timerElapsed('a')
    expect(family.take()).toEqual([
      'stop c',
      'kill c',
      'forget c',
      'stop b',
      'forget b',
      'stop a',
      'kill a',
      'forget a',
      'allStopped',
    ])
  })

  it('kills at once with shutdownMs 0', () => {
    const family = new Family({}, { a: { shutdownMs: 0 } })
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['kill a', 'forget a', 'allStopped'])
  })

  it('needs no timer for a child that stops at once, and cancels that of one that stops in time', () => {
    const family = new Family({}, { a: {}, b: {} })
    family.slowToStop.add('a')
    family.supervisor.shutdown()
    family.exited('a')
    expect(family.timers.size).toBe(0)
  })

  it('stops what starts, forgets what waits or is parked', () => {
    const family = new Family({ restartsMax: 5 }, { parked: {}, waiting: { backoff: {} }, retried: {} })
    family.exited('parked', { kind: 'failure', error: { retryable: false } })
    family.exited('waiting')
    family.slowToStart.add('retried').add('starting')
    family.exited('retried')
    family.exited('retried', startFailed)
    family.add('starting')
    family.take()
    family.supervisor.shutdown()
    expect(family.take()).toEqual([
      'stop starting',
      'forget starting',
      'forget retried',
      'forget waiting',
      'forget parked',
      'allStopped',
    ])
    expect(family.timers.size).toBe(0)
    expect(family.reasons.get('forget parked')).toEqual({ kind: 'shutdown' })
  })

  it('is answered at once where there is nobody, and again when asked again', () => {
    const family = new Family()
    family.supervisor.shutdown()
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['allStopped', 'allStopped'])
  })

  it('is answered once when asked again while it goes on', () => {
    const family = new Family({}, { a: {} })
    family.slowToStop.add('a')
    family.supervisor.shutdown()
    family.supervisor.shutdown()
    family.exited('a')
    expect(family.take()).toEqual(['stop a', 'forget a', 'allStopped'])
  })

  it('takes no more children', () => {
    const family = new Family({}, { a: {} })
    family.slowToStop.add('a')
    family.supervisor.shutdown()
    expect(family.add('b')).toBe(false)
    family.exited('a')
    expect(family.add('c')).toBe(false)
    expect(family.take()).toEqual(['stop a', 'forget a', 'allStopped'])
    expect(family.supervisor.isEnding).toBe(true)
  })

  it('restarts nobody whose delay is over meanwhile', () => {
    const family = new Family({}, { a: { backoff: {} }, b: {} })
    family.slowToStop.add('b')
    family.exited('a')
    family.supervisor.shutdown()
    family.timerElapsed('a')
    expect(family.take()).toEqual(['stop b'])
    family.exited('b')
    expect(family.take()).toEqual(['forget b', 'forget a', 'allStopped'])
  })

  it('restarts nobody who fails meanwhile', () => {
    const family = new Family({}, { a: {}, b: {}, c: { backoff: {} } })
    family.slowToStop.add('c')
    family.supervisor.shutdown()
    family.exited('a')
    family.exited('c')
    expect(family.take()).toEqual(['stop c', 'forget a', 'forget c', 'stop b', 'forget b', 'allStopped'])
  })

  it('ends a round in the middle of stopping and in the middle of starting', () => {
    const stopping = new Family({ strategy: 'one-for-all' }, { a: {}, b: {}, c: {} })
    stopping.slowToStop.add('c')
    stopping.exited('b')
    stopping.supervisor.shutdown()
    expect(stopping.child('c').phase).toBe('stopping') // no longer to come back
    stopping.exited('c')
    expect(stopping.take()).toEqual(['stop c', 'forget c', 'forget b', 'stop a', 'forget a', 'allStopped'])

    const starting = new Family({ strategy: 'one-for-all' }, { a: {}, b: {}, c: {} })
    starting.slowToStart.add('b')
    starting.exited('b')
    starting.take()
    starting.supervisor.shutdown()
    expect(starting.take()).toEqual(['forget c', 'stop b', 'forget b', 'stop a', 'forget a', 'allStopped'])
  })

  it('overrules the failure that the children had brought the actor to', () => {
    const family = new Family({ restartsMax: 0 }, { a: {}, b: {} })
    family.slowToStop.add('b')
    family.exited('a')
    family.supervisor.shutdown()
    family.exited('b')
    expect(family.take()).toEqual(['forget a', 'stop b', 'forget b', 'allStopped'])
  })

  it('overrules it also when it is asked for by what hears of the last child', () => {
    class Nervous extends Family {
      override forget(child: TestChild, reason: ExitReason): void {
        super.forget(child, reason)
        this.supervisor.shutdown()
      }
    }
    const family = new Nervous({ restartsMax: 0 }, { a: {} })
    family.exited('a')
    expect(family.take()).toEqual(['forget a', 'allStopped'])
  })

  it('lets 100,000 children go that stop at once', () => {
    const family = new Family()
    for (let n = 0; n < 100_000; n++) family.add(`c${n}`)
    family.take()
    family.supervisor.shutdown()
    family.resumeAll()
    expect(family.take().length).toBe(200_001)
    expect(family.supervisor.children.count).toBe(0)
  })
})

describe('kill', () => {
  it('ends all children without asking, also those that were asked already, and forgets the others', () => {
    const family = new Family({ restartsMax: 5 }, { a: {}, b: { backoff: {} }, c: {}, d: {} })
    family.exited('b')
    family.slowToStop.add('c').add('d')
    family.supervisor.stopChild(family.child('c'))
    family.supervisor.shutdown()
    family.take()
    family.supervisor.kill()
    expect(family.take()).toEqual([
      'kill d',
      'forget d',
      'kill c',
      'forget c',
      'forget b',
      'kill a',
      'forget a',
      'allStopped',
    ])
    expect(family.timers.size).toBe(0)
  })

  it('restarts nobody', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: {} })
    family.slowToStop.add('b')
    family.exited('a')
    family.supervisor.kill()
    expect(family.take()).toEqual(['stop b', 'kill b', 'forget b', 'forget a', 'allStopped'])
  })
})

describe('stopChild', () => {
  it('stops a child for good whatever its policy says, within its time', () => {
    const family = new Family({}, { a: {} })
    family.slowToStop.add('a')
    const reason: ExitReason = { kind: 'shutdown', cause: failure }
    family.supervisor.stopChild(family.child('a'), reason)
    expect(family.reasons.get('stop a')).toBe(reason)
    family.timerElapsed('a')
    expect(family.take()).toEqual(['stop a', 'kill a', 'forget a'])
    expect(family.reasons.get('forget a')).toEqual({ kind: 'killed' })
  })

  it('forgets a child that waits or is parked', () => {
    const family = new Family({}, { a: { backoff: {} }, b: { backoff: { restartsMax: 0 } } })
    for (const name of ['a', 'b']) {
      family.exited(name)
      family.supervisor.stopChild(family.child(name))
    }
    expect(family.take()).toEqual(['forget a', 'park b', 'forget b'])
    expect(family.timers.size).toBe(0)
  })

  it('frees the name', () => {
    const family = new Family({}, { a: {} })
    expect(() => family.add('a')).toThrow(expect.objectContaining({ code: 'name-taken' }))
    family.supervisor.stopChild(family.supervisor.children.find('a')!)
    expect(family.add('a')).toBe(true)
  })
})

describe('autoShutdown', () => {
  const significant = { restart: 'transient', significant: true } as const
  const children = { a: significant, b: {}, c: significant }
  const goes = ['stop b', 'forget b', 'exitSelf shutdown']

  it("'any-significant' ends the supervisor when one has ended for good by itself", () => {
    const family = new Family({ autoShutdown: 'any-significant' }, children)
    family.exited('a', { kind: 'normal' })
    expect(family.take()).toEqual(['forget a', 'stop c', 'forget c', ...goes])
    expect(family.reasons.get('self')).toEqual({ kind: 'shutdown' })
  })

  it("'all-significant' ends the supervisor when the last one has", () => {
    const family = new Family({ autoShutdown: 'all-significant' }, children)
    family.exited('c', { kind: 'normal' })
    expect(family.take()).toEqual(['forget c'])
    family.exited('a', { kind: 'normal' })
    expect(family.take()).toEqual(['forget a', ...goes])
  })

  it('takes a temporary child that failed for an end too, and a restart for none', () => {
    const family = new Family(
      { autoShutdown: 'any-significant' },
      { a: { ...significant, restart: 'temporary' }, b: {} },
    )
    family.exited('b')
    expect(family.take()).toEqual(['restart b'])
    family.exited('a')
    expect(family.take()).toEqual(['forget a', ...goes])
  })

  it('is not moved by children that are not significant, nor by those that are stopped', () => {
    const temporary = { restart: 'temporary', significant: true } as const
    const family = new Family(
      { autoShutdown: 'any-significant', strategy: 'one-for-all' },
      { a: {}, b: { restart: 'transient' }, c: significant, d: temporary },
    )
    family.exited('b', { kind: 'normal' })
    family.supervisor.stopChild(family.child('c'))
    family.exited('a') // takes d along
    expect(family.take()).toEqual(['forget b', 'stop c', 'forget c', 'stop d', 'forget d', 'restart a'])
  })

  it("'never' refuses significant children", () => {
    const family = new Family()
    expect(() => family.add('a', significant)).toThrow(/autoShutdown is not 'never'/)
    expect(family.supervisor.children.count).toBe(0)
  })
})
