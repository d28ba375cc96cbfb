import { describe, expect, it } from 'vitest'
import { type ChildOptions, childDefaults, mustPark, resolveChildOptions } from '#src/kernel/supervision/child-options'
import { killedExit } from '#src/kernel/supervision/exit-reason'
import { threadLost } from './family.ts'

describe('resolveChildOptions', () => {
  it('has documented defaults, one object for all children', () => {
    expect(resolveChildOptions()).toBe(childDefaults)
    expect(resolveChildOptions({})).toEqual(childDefaults)
    expect(childDefaults).toEqual({
      restart: 'permanent',
      backoff: undefined,
      shutdownMs: 5_000,
      stopping: 'in-turn',
      significant: false,
      onFailure: { message: 'drop', retriesMax: 3, mailbox: 'keep' },
      parkOn: [],
    })
  })

  it('shares the parts that were left out', () => {
    const resolved = resolveChildOptions({ shutdownMs: Number.POSITIVE_INFINITY })
    expect(resolved).toEqual({ ...childDefaults, shutdownMs: Number.POSITIVE_INFINITY })
    expect(resolved.onFailure).toBe(childDefaults.onFailure)
    expect(resolved.parkOn).toBe(childDefaults.parkOn)
  })

  it('resolves the parts that were given', () => {
    const resolved = resolveChildOptions({ backoff: {}, onFailure: { message: 'retry', retriesMax: 5 } })
    expect(resolved.backoff).toMatchObject({ minMs: 100, maxMs: 30_000, resetAfterMs: 15_050 })
    expect(resolved.onFailure).toEqual({ message: 'retry', retriesMax: 5, mailbox: 'keep' })
  })

  it('does not notice what the caller does to his objects later', () => {
    const parkOn = ['bad-config']
    const resolved = resolveChildOptions({ parkOn })
    parkOn.push('other')
    expect(resolved.parkOn).toEqual(['bad-config'])
  })

  const refused: [unknown, RegExp][] = [
    [{ restart: 'always' }, /restart must be one of 'permanent', 'transient', 'temporary', got 'always'/],
    [{ shutdownMs: -1 }, /shutdownMs must be a number from 0 to Infinity ms, got -1/],
    [{ stopping: 'at-once' }, /stopping must be one of 'in-turn', 'together', got 'at-once'/],
    [{ significant: 1, restart: 'transient' }, /significant must be one of true, false, got 1/],
    [{ significant: true }, /significant needs restart 'transient' or 'temporary', got 'permanent'/],
    [{ backoff: { minMs: 0 } }, /backoff: minMs must be/],
    [{ onFailure: { message: 'ignore' } }, /message must be one of 'drop', 'retry', 'quarantine', got 'ignore'/],
    [{ onFailure: { mailbox: 'lose' } }, /mailbox must be one of 'keep', 'drop', 'dead-letter', got 'lose'/],
    [{ onFailure: { message: 'retry', retriesMax: 0 } }, /retriesMax must be .* got 0/],
    [{ onFailure: { retriesMax: 5 } }, /retriesMax needs message 'retry', got 'drop'/],
    [{ parkOn: 'bad-config' }, /parkOn must be an array of at most 64 strings/],
    [{ parkOn: [1] }, /parkOn must be an array of at most 64 strings/],
    [{ parkOn: Array(65).fill('x') }, /parkOn must be an array of at most 64 strings/],
    [{ shutDownMs: 5 }, /unknown option 'shutDownMs'; did you mean 'shutdownMs'/],
  ]
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options).slice(0, 60)}`, () => {
      expect(() => resolveChildOptions(options as ChildOptions)).toThrow(message)
    })
  }
})

describe('mustPark', () => {
  const options = resolveChildOptions({ parkOn: ['bad-config', 'RangeError'] })
  const table: [string, unknown, boolean][] = [
    ['an error whose code is listed', Object.assign(new Error('x'), { code: 'bad-config' }), true],
    ['an error whose name is listed', new RangeError('x'), true],
    ['an error that says it is not retryable', Object.assign(new Error('x'), { retryable: false }), true],
    ['a plain object with a listed code', { code: 'bad-config' }, true],
    ['an error that says it is retryable', Object.assign(new Error('x'), { retryable: true }), false],
    ['another error', new TypeError('x'), false],
    ['a string that was thrown', 'bad-config', false],
    ['null', null, false],
  ]
  for (const [what, error, parks] of table) {
    it(`answers ${parks} for ${what}`, () => {
      expect(mustPark(options, { kind: 'failure', error })).toBe(parks)
      expect(mustPark(options, { kind: 'start-failed', error })).toBe(parks)
    })
  }

  it('lets nothing but errors park a child', () => {
    expect(mustPark(options, killedExit)).toBe(false)
    expect(mustPark(options, threadLost(1))).toBe(false)
  })
})
