import { describe, expect, it } from 'vitest'
import type { ExitKind, ExitReason } from '#src/kernel/supervision/exit-reason'
import { restartPolicies, shouldRestart } from '#src/kernel/supervision/restart-policy'

describe('shouldRestart', () => {
  const table: Record<ExitKind, readonly ['permanent' | '-', 'transient' | '-', 'temporary' | '-']> = {
    normal: ['permanent', '-', '-'],
    shutdown: ['permanent', '-', '-'],
    killed: ['permanent', 'transient', '-'],
    failure: ['permanent', 'transient', '-'],
    'start-failed': ['permanent', 'transient', '-'],
    'thread-lost': ['permanent', 'transient', '-'],
    'linked-exit': ['permanent', 'transient', '-'],
    'parent-lost': ['permanent', 'transient', '-'],
    gone: ['permanent', 'transient', '-'],
    'supervisor-failed': ['permanent', 'transient', '-'],
  }
  for (const [kind, row] of Object.entries(table)) {
    it(`after ${kind}: ${row.join(' ')}`, () => {
      const restarted = restartPolicies.map((policy) => (shouldRestart(policy, { kind } as ExitReason) ? policy : '-'))
      expect(restarted).toEqual(row)
    })
  }
})
