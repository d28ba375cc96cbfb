import { describe, expect, it } from 'vitest'
import type { ExitReason } from '#src/kernel/supervision/exit-reason'
import type { RestartPolicy } from '#src/kernel/supervision/restart-policy'
import type { Strategy } from '#src/kernel/supervision/supervise-options'
import { Family, failure, startFailed } from './family.ts'

const strategies: Strategy[] = ['one-for-one', 'rest-for-one', 'one-for-all']

describe('a child that ends by itself', () => {
  const intended: ExitReason[] = [{ kind: 'normal' }, { kind: 'shutdown' }, { kind: 'shutdown', cause: failure }]
  const abnormal: ExitReason[] = [
    { kind: 'killed' },
    failure,
    startFailed,
    { kind: 'thread-lost', threadName: 'worker-1', exitCode: 1, occurrence: 1 },
    { kind: 'linked-exit', path: '/other', cause: failure },
    { kind: 'parent-lost' },
    { kind: 'supervisor-failed', child: 'x', restartsMax: 1, windowMs: 5_000, cause: failure },
  ]
  const comesBack: Record<RestartPolicy, ExitReason[]> = {
    permanent: [...intended, ...abnormal],
    transient: abnormal,
    temporary: [],
  }
  // `b` of a, b, c, d ends; d is temporary.
  const roundOf: Record<Strategy, string[]> = {
    'one-for-one': ['restart b'],
    'rest-for-one': ['stop d', 'forget d', 'stop c', 'restart b', 'restart c'],
    'one-for-all': ['stop d', 'forget d', 'stop c', 'stop a', 'restart a', 'restart b', 'restart c'],
  }

  for (const strategy of strategies) {
    for (const restart of Object.keys(comesBack) as RestartPolicy[]) {
      for (const reason of [...intended, ...abnormal]) {
        const commands = comesBack[restart].includes(reason) ? roundOf[strategy] : ['forget b']
        it(`${strategy}, ${restart}, ${reason.kind}: ${commands.join(', ')}`, () => {
          const family = new Family({ strategy }, { a: {}, b: { restart }, c: {}, d: { restart: 'temporary' } })
          family.exited('b', reason)
          expect(family.take()).toEqual(commands)
          expect(family.reasons.get(commands.includes('forget b') ? 'forget b' : 'restart b')).toBe(reason)
        })
      }
    }
  }
})

describe('a round', () => {
  const abcd = { a: {}, b: {}, c: {}, d: {} }

  it('stops one child at a time and waits for each, then starts one at a time and waits for each', () => {
    const family = new Family({ strategy: 'one-for-all' }, abcd)
    for (const name of ['a', 'c', 'd']) family.slowToStop.add(name)
    for (const name of ['a', 'b']) family.slowToStart.add(name)
    const steps: [() => void, string[]][] = [
      [() => family.exited('b'), ['stop d']],
      [() => family.exited('d'), ['stop c']],
      [() => family.exited('c'), ['stop a']],
      [() => family.exited('a'), ['restart a']],
      [() => family.started('a'), ['restart b']],
      [() => family.started('b'), ['restart c', 'restart d']],
    ]
    for (const [event, commands] of steps) {
      event()
      expect(family.take()).toEqual(commands)
    }
    expect(family.phases()).toEqual({ a: 'running', b: 'running', c: 'running', d: 'running' })
  })

  it('tells those it stops why, and hands them that stop when they come back', () => {
    const family = new Family({ strategy: 'rest-for-one' }, abcd)
    family.exited('c')
    expect(family.reasons.get('stop d')).toEqual({ kind: 'shutdown', cause: failure })
    expect(family.reasons.get('restart d')).toEqual({ kind: 'shutdown' })
    expect(family.reasons.get('restart c')).toBe(failure)
  })

  it('kills who does not stop in time, and goes on', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: { shutdownMs: 70 } })
    family.slowToStop.add('b')
    family.exited('a')
    expect(family.timers).toEqual(new Map([['b', 70]]))
    family.timerElapsed('b')
    expect(family.take()).toEqual(['stop b', 'kill b', 'restart a', 'restart b'])
    expect(family.reasons.get('restart b')).toEqual({ kind: 'killed' })
  })

  it('stops a child that is still starting', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {} })
    family.slowToStart.add('b')
    family.slowToStop.add('b')
    family.add('b')
    family.exited('a')
    family.started('b') // too late
    expect(family.take()).toEqual(['start b', 'stop b'])
    expect(family.phases()['b']).toBe('halting')
    family.exited('b')
    expect(family.take()).toEqual(['restart a', 'restart b'])
  })

  it('takes the failure of a child it was about to stop as part of its own', () => {
    const family = new Family({ strategy: 'one-for-all', restartsMax: 1 }, abcd)
    family.slowToStop.add('d')
    family.exited('b')
    family.exited('a') // not one too many
    family.exited('d')
    expect(family.take()).toEqual(['stop d', 'stop c', 'restart a', 'restart b', 'restart c', 'restart d'])
  })

  it('lets go of a transient child that ends normally before it is stopped', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: { restart: 'transient' }, b: {}, c: {} })
    family.slowToStop.add('c')
    family.exited('b')
    family.exited('a', { kind: 'normal' })
    family.exited('c')
    expect(family.take()).toEqual(['stop c', 'forget a', 'restart b', 'restart c'])
  })

  it('widens to an earlier child that fails meanwhile, and counts it', () => {
    const supervise = { strategy: 'rest-for-one', restartsMax: 2 } as const
    const family = new Family(supervise, abcd)
    family.slowToStop.add('d')
    family.exited('c')
    family.exited('a')
    family.exited('d')
    expect(family.take()).toEqual(['stop d', 'stop b', 'restart a', 'restart b', 'restart c', 'restart d'])
    family.exited('d')
    expect(family.take()).toContain('exitSelf supervisor-failed')
  })

  it('begins again from a child that fails after it was restarted, leaving nobody out', () => {
    const family = new Family({ strategy: 'rest-for-one', restartsMax: 5 }, abcd)
    family.slowToStart.add('c')
    family.exited('a')
    expect(family.take()).toEqual(['stop d', 'stop c', 'stop b', 'restart a', 'restart b', 'restart c'])
    family.exited('b')
    expect(family.take()).toEqual(['stop c', 'restart b', 'restart c'])
    family.started('c')
    expect(family.take()).toEqual(['restart d'])
  })

  it('leaves nobody out when a later child fails that was unparked early', () => {
    const family = new Family({ strategy: 'rest-for-one', restartsMax: 5 }, abcd)
    family.exited('d', { kind: 'failure', error: { retryable: false } })
    family.slowToStop.add('b')
    family.exited('a')
    family.supervisor.unpark(family.child('d'))
    expect(family.phases()).toEqual({ a: 'queued', b: 'halting', c: 'queued', d: 'queued' })
    family.exited('b')
    expect(family.take().slice(-4)).toEqual(['restart a', 'restart b', 'restart c', 'restart d'])
  })

  for (const [strategy, commands] of [
    ['rest-for-one', ['restart b', 'restart c', 'restart d']],
    ['one-for-all', ['stop a', 'restart a', 'restart b', 'restart c', 'restart d']],
  ] as const) {
    it(`tries a failed start again by way of a timer, ${strategy}: ${commands.join(', ')}`, () => {
      const family = new Family({ strategy, restartsMax: 5 }, abcd)
      family.slowToStart.add('b')
      family.exited('a')
      family.take()
      family.exited('b', startFailed)
      expect(family.timers).toEqual(new Map([['b', 0]]))
      family.slowToStart.delete('b')
      family.timerElapsed('b')
      expect(family.take()).toEqual(commands)
    })
  }

  it('starts a child that joins meanwhile when its turn comes', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: {} })
    family.slowToStop.add('b')
    family.exited('a')
    family.add('new')
    expect(family.phases()['new']).toBe('queued')
    family.exited('b')
    expect(family.take()).toEqual(['stop b', 'restart a', 'restart b', 'start new'])
  })

  it('waits for the delay of a child with backoff before it starts those after it', () => {
    const backoff = { minMs: 100, jitter: 0 }
    const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: { backoff }, c: {} })
    family.slowToStop.add('c')
    family.exited('b')
    expect(family.timers.get('b')).toBe(100)
    family.exited('c')
    expect(family.take()).toEqual(['stop c', 'stop a', 'restart a'])
    family.timerElapsed('b')
    expect(family.take()).toEqual(['restart b', 'restart c'])
  })

  it('starts nobody before all have stopped, even if the delay of one is over', () => {
    const family = new Family({ strategy: 'rest-for-one' }, { a: { backoff: {} }, b: {} })
    family.slowToStop.add('b')
    family.exited('a')
    family.timerElapsed('a')
    expect(family.take()).toEqual(['stop b'])
    family.exited('b')
    expect(family.take()).toEqual(['restart a', 'restart b'])
    expect(family.timers.size).toBe(0)
  })

  it('goes on when the child it waits for is stopped for good', () => {
    const family = new Family({ strategy: 'one-for-all' }, { a: { backoff: {} }, b: {} })
    family.exited('a')
    family.supervisor.stopChild(family.child('a'))
    expect(family.take()).toEqual(['stop b', 'forget a', 'restart b'])
  })

  it('goes on without a child that is stopped for good meanwhile', () => {
    for (const name of ['a', 'b', 'c']) {
      const family = new Family({ strategy: 'one-for-all' }, { a: {}, b: {}, c: {} })
      family.slowToStop.add('c')
      family.exited('b')
      family.supervisor.stopChild(family.child(name))
      if (family.child('c').phase !== 'detached') family.exited('c')
      const others = ['a', 'b', 'c'].filter((other) => other !== name)
      expect(family.take().slice(-2)).toEqual(others.map((other) => `restart ${other}`))
      expect(family.phases()).toEqual(Object.fromEntries(others.map((other) => [other, 'running'])))
    }
  })

  it('leaves parked children alone', () => {
    const family = new Family({ strategy: 'one-for-all' }, abcd)
    family.exited('c', { kind: 'failure', error: { retryable: false } })
    family.exited('b')
    expect(family.take()).toEqual(['park c', 'stop d', 'stop a', 'restart a', 'restart b', 'restart d'])
  })

  it('takes 10,000 children that stop and start at once without running out of stack', () => {
    const family = new Family({ strategy: 'one-for-all' })
    for (let n = 0; n < 10_000; n++) family.add(`c${n}`)
    family.take()
    family.exited('c5000')
    family.resumeAll()
    expect(family.take().length).toBe(9_999 + 10_000)
  })
})

describe('a report that comes too late', () => {
  it('changes nothing: exits, starts, timers of a child that is past it', () => {
    const family = new Family({}, { a: { backoff: {} }, b: {} })
    family.exited('a')
    family.exited('a')
    family.started('a')
    family.supervisor.timerElapsed(family.child('b'))
    expect(family.take()).toEqual([])
    expect(family.phases()).toEqual({ a: 'waiting', b: 'running' })
    family.supervisor.stopChild(family.child('a'))
    family.supervisor.stopChild(family.child('a'))
    family.exited('a')
    family.supervisor.timerElapsed(family.child('a'))
    expect(family.take()).toEqual(['forget a'])
  })
})
