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
