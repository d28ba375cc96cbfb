import { describe, expect, it } from 'vitest'
import type { ExitReason } from '#src/kernel/supervision/exit-reason'
import { Family, failure, startFailed } from './family.ts'

const hopeless: ExitReason = { kind: 'failure', error: Object.assign(new Error('bad config'), { retryable: false }) }

describe('the window of a supervisor', () => {
  it('allows restartsMax restarts of all its children together; the next failure is its own', () => {
    const family = new Family({ restartsMax: 2, windowMs: 100 }, { a: {}, b: {}, c: {} })
    family.exited('a')
    family.exited('c')
    family.exited('b')
    expect(family.take()).toEqual([
      ...['restart a', 'restart c'],
      ...['forget b', 'stop c', 'forget c', 'stop a', 'forget a', 'exitSelf supervisor-failed'],
    ])
    const failed = { kind: 'supervisor-failed', child: 'b', restartsMax: 2, windowMs: 100, cause: failure }
    expect(family.reasons.get('self')).toEqual(failed)
    expect(family.reasons.get('forget b')).toBe(failure)
    expect(family.reasons.get('stop a')).toEqual({ kind: 'shutdown', cause: failed })
  })

  it('forgets restarts that are older than windowMs', () => {
    const family = new Family({ restartsMax: 1, windowMs: 100 }, { a: {} })
    for (let n = 0; n < 5; n++) {
      family.exited('a')
      family.nowMs += 100.5
    }
    expect(family.take()).toEqual(Array(5).fill('restart a'))
  })

  it('allows none with restartsMax 0', () => {
    const family = new Family({ restartsMax: 0 }, { a: {} })
    family.exited('a')
    expect(family.take()).toEqual(['forget a', 'exitSelf supervisor-failed'])
  })

  it('counts failed starts, the first one included, each tried again by way of a timer', () => {
    const family = new Family({ restartsMax: 2 })
    family.slowToStart.add('a')
    family.add('a')
    for (let n = 0; n < 2; n++) {
      family.exited('a', startFailed)
      expect(family.timers.get('a')).toBe(0)
      family.timerElapsed('a')
    }
    family.exited('a', startFailed)
    expect(family.take()).toEqual(['start a', 'restart a', 'restart a', 'forget a', 'exitSelf supervisor-failed'])
  })

  it('can be shut down between two tries of a start that keeps failing', () => {
    const family = new Family({ restartsMax: 10_000 })
    family.slowToStart.add('a')
    family.add('a')
    family.exited('a', startFailed)
    family.supervisor.shutdown()
    expect(family.take()).toEqual(['start a', 'forget a', 'allStopped'])
    expect(family.timers.size).toBe(0)
  })

  it('does not count temporary children, normal ends of transient ones, nor those stopped on request', () => {
    const family = new Family({ restartsMax: 0 }, { a: { restart: 'temporary' }, b: { restart: 'transient' }, c: {} })
    family.exited('a')
    family.exited('b', { kind: 'normal' })
    family.supervisor.stopChild(family.child('c'))
    expect(family.take()).toEqual(['forget a', 'forget b', 'stop c', 'forget c'])
  })

  it("with onExceeded 'stop-child' only the child is stopped", () => {
    for (const strategy of ['one-for-one', 'rest-for-one', 'one-for-all'] as const) {
      const family = new Family({ strategy, onExceeded: 'stop-child', restartsMax: 0 }, { a: {}, b: {} })
      family.exited('a')
      expect(family.take()).toEqual(['forget a'])
      expect(family.phases()).toEqual({ b: 'running' })
    }
  })

  it('names a child without a name by its number', () => {
    const family = new Family({ restartsMax: 0 }, { a: {} })
    Object.assign(family.child('a'), { name: undefined })
    family.exited('a')
    expect(family.reasons.get('self')).toMatchObject({ child: '#0' })
  })
})

describe('the death of a thread', () => {
  for (const [strategy, commands] of [
    ['one-for-one', ['restart a', 'restart c']],
    ['rest-for-one', ['stop d', 'stop b', 'restart a', 'restart b', 'restart c', 'restart d']],
    ['one-for-all', ['stop d', 'stop b', 'restart a', 'restart b', 'restart c', 'restart d']],
  ] as const) {
    it(`is one failure of a ${strategy} supervisor, however many children it took`, () => {
      const family = new Family({ strategy, restartsMax: 1 }, { a: {}, b: {}, c: {}, d: {} })
      family.threadLost(['c', 'a'], 1)
      expect(family.take().sort()).toEqual([...commands].sort())
      expect(Object.values(family.phases())).toEqual(Array(4).fill('running'))
      family.threadLost(['a'], 2)
      expect(family.take()).toContain('exitSelf supervisor-failed')
    })
  }

  it('is one failure also when the children are reported one by one', () => {
    const family = new Family({ restartsMax: 1 }, { a: {}, b: {} })
    for (const name of ['a', 'b']) family.threadLost([name], 7)
    expect(family.take()).toEqual(['restart a', 'restart b'])
  })

  it('asks no dead child to stop', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: {}, c: {} })
    family.threadLost(['a', 'b', 'c'])
    expect(family.take()).toEqual(['restart a', 'restart b', 'restart c'])
    const spent = new Family({ restartsMax: 0 }, { a: {}, b: {}, c: {} })
    spent.threadLost(['a', 'c', 'b'])
    expect(spent.take()).toEqual(['forget a', 'forget c', 'forget b', 'exitSelf supervisor-failed'])
  })

  it('is a restart of each child with backoff, and nothing to those that were down already', () => {
    const backoff = { minMs: 100, jitter: 0 }
    const family = new Family({ restartsMax: 0 }, { a: { backoff }, b: { backoff }, c: { backoff } })
    family.exited('c')
    family.threadLost(['a', 'b', 'c'])
    expect(family.timers).toEqual(
      new Map([
        ['c', 100],
        ['a', 100],
        ['b', 100],
      ]),
    )
  })

  it('ends a stop that was under way', () => {
    const family = new Family({}, { a: {}, b: {} })
    family.slowToStop.add('b')
    family.supervisor.shutdown()
    family.threadLost(['a', 'b'])
    expect(family.take().sort()).toEqual(['allStopped', 'forget a', 'forget b', 'stop b'])
  })
})

describe('a child with backoff', () => {
  const backoff = { minMs: 100, maxMs: 1_000, jitter: 0, restartsMax: 3 }

  it("waits longer each time, without touching its parent's window", () => {
    const family = new Family({ restartsMax: 0 }, { a: { backoff }, b: {} })
    for (const delayMs of [100, 200, 400]) {
      family.exited('a')
      expect(family.timers.get('a')).toBe(delayMs)
      family.timerElapsed('a')
    }
    expect(family.take()).toEqual(['restart a', 'restart a', 'restart a'])
  })

  it('waits after failed starts too, the first one included', () => {
    const family = new Family({ restartsMax: 0 })
    family.slowToStart.add('a')
    family.add('a', { backoff })
    family.exited('a', startFailed)
    expect(family.timers.get('a')).toBe(100)
    family.timerElapsed('a')
    family.exited('a', startFailed)
    expect(family.timers.get('a')).toBe(200)
  })

  it('begins with its whole budget again after a stable run', () => {
    const family = new Family({}, { a: { backoff } })
    for (let n = 0; n < 10; n++) {
      family.exited('a')
      expect(family.timers.get('a')).toBe(100)
      family.timerElapsed('a')
      family.nowMs += 550
    }
  })

  it('is parked when its budget is spent, while its siblings go on', () => {
    for (const strategy of ['one-for-one', 'rest-for-one', 'one-for-all'] as const) {
      const family = new Family({ strategy }, { a: { backoff: { ...backoff, restartsMax: 0 } }, b: {} })
      family.exited('a')
      expect(family.take()).toEqual(['park a'])
      expect(family.reasons.get('park a')).toBe(failure)
      expect(family.phases()).toEqual({ a: 'parked', b: 'running' })
    }
  })

  it('comes back with its whole budget when it is unparked', () => {
    const family = new Family({}, { a: { backoff: { ...backoff, restartsMax: 1 } } })
    family.exited('a')
    family.timerElapsed('a')
    family.exited('a')
    expect(family.take()).toEqual(['restart a', 'park a'])
    expect(family.supervisor.unpark(family.child('a'))).toBe(true)
    expect(family.take()).toEqual(['restart a'])
    family.exited('a')
    expect(family.timers.get('a')).toBe(100)
  })
})

describe('an error that must not be retried', () => {
  for (const [what, children] of [
    ['a permanent child', { a: {} }],
    ['a transient child', { a: { restart: 'transient' } }],
    ['a child with backoff', { a: { backoff: {} } }],
  ] as const) {
    it(`parks ${what} at once and costs no budget`, () => {
      const family = new Family({ restartsMax: 0 }, children)
      family.exited('a', hopeless)
      expect(family.take()).toEqual(['park a'])
      expect(family.timers.size).toBe(0)
    })
  }

  it('parks by code or name listed in parkOn, and no other error', () => {
    const family = new Family({}, { a: { parkOn: ['RangeError'] } })
    family.exited('a', failure)
    family.exited('a', { kind: 'start-failed', error: new RangeError('port') })
    expect(family.take()).toEqual(['restart a', 'park a'])
  })

  it('ends a temporary child for good', () => {
    const family = new Family({}, { a: { restart: 'temporary' } })
    family.exited('a', hopeless)
    expect(family.take()).toEqual(['forget a'])
  })

  it('parks a child in the middle of a round, which goes on without it', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: {}, c: {} })
    family.slowToStart.add('b')
    family.exited('a')
    family.exited('b', { ...hopeless, kind: 'start-failed' } as ExitReason)
    expect(family.take().slice(-4)).toEqual(['restart a', 'restart b', 'park b', 'restart c'])
  })
})

describe('unpark', () => {
  it('answers false for a child that is not parked, and while all are stopping', () => {
    const family = new Family({}, { a: {}, b: {} })
    expect(family.supervisor.unpark(family.child('a'))).toBe(false)
    family.exited('a', hopeless)
    family.slowToStop.add('b')
    family.supervisor.shutdown()
    expect(family.supervisor.unpark(family.child('a'))).toBe(false)
    expect(family.take()).toEqual(['park a', 'stop b'])
  })

  it('waits for its turn in a round that has yet to come to it, and does not for one that is past it', () => {
    const family = new Family({ strategy: 'rest-for-one', restartsMax: 5 }, { a: {}, b: {}, c: {}, d: {} })
    for (const name of ['a', 'd']) family.exited(name, hopeless)
    family.slowToStart.add('b')
    family.exited('b')
    family.take()
    for (const name of ['a', 'd']) family.supervisor.unpark(family.child(name))
    expect(family.take()).toEqual(['restart a'])
    family.started('b')
    expect(family.take()).toEqual(['restart c', 'restart d'])
  })
})
