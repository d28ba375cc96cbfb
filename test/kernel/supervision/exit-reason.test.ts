import { describe, expect, it } from 'vitest'
import {
  becauseOf,
  describeExit,
  type ExitReason,
  isAbnormal,
  killedExit,
  normalExit,
  shutdownExit,
} from '#src/kernel/supervision/exit-reason'
import { failure, threadLost } from './family.ts'

const tooMuch: ExitReason = { kind: 'supervisor-failed', child: 'db', restartsMax: 3, windowMs: 5_000, cause: failure }

describe('ExitReason', () => {
  const table: [ExitReason, boolean, string][] = [
    [normalExit, false, 'normal'],
    [shutdownExit, false, 'shutdown'],
    [{ kind: 'shutdown', cause: failure }, false, 'shutdown <- failure: Error: boom'],
    [killedExit, true, 'killed'],
    [failure, true, 'failure: Error: boom'],
    [{ kind: 'start-failed', error: 'a string' }, true, 'start-failed: a string'],
    [threadLost(7), true, 'thread-lost: worker-1 ended with exit code 1'],
    [{ kind: 'linked-exit', path: '/a/b', cause: killedExit }, true, 'linked-exit: /a/b <- killed'],
    [{ kind: 'parent-lost' }, true, 'parent-lost'],
    [
      { ...tooMuch, child: 'top', cause: tooMuch },
      true,
      "supervisor-failed: child 'top' failed more than 3 times in 5000 ms <- " +
        "supervisor-failed: child 'db' failed more than 3 times in 5000 ms <- failure: Error: boom",
    ],
  ]
  for (const [reason, abnormal, line] of table) {
    it(`reads '${line}' and is ${abnormal ? '' : 'not '}abnormal`, () => {
      expect(describeExit(reason)).toBe(line)
      expect(isAbnormal(reason)).toBe(abnormal)
    })
  }

  it('is described also when what was thrown cannot be made a string', () => {
    expect(describeExit({ kind: 'failure', error: Object.create(null) })).toBe('failure: a thrown object')
  })

  it('is described in a line of bounded length, whatever the message', () => {
    const line = describeExit({ kind: 'failure', error: new Error('x'.repeat(1_000_000)) })
    expect(line).toMatch(/^failure: Error: x+…$/)
    expect(line.length).toBeLessThan(1_100)
  })

  it('gives an error that it brings about what was thrown in the first place as its cause', () => {
    const error = new Error('boom')
    expect(becauseOf({ kind: 'start-failed', error })).toEqual({ cause: error })
    const linked: ExitReason = { kind: 'linked-exit', path: '/a', cause: { kind: 'failure', error } }
    expect(becauseOf({ kind: 'shutdown', cause: linked })).toEqual({ cause: error })
    expect(becauseOf({ kind: 'shutdown' })).toBeUndefined()
    expect(becauseOf(killedExit)).toBeUndefined()
  })
})
