import { describe, expect, it } from 'vitest'
import {
  resolveSuperviseOptions,
  type SuperviseOptions,
  superviseDefaults,
} from '#src/kernel/supervision/supervise-options'

describe('resolveSuperviseOptions', () => {
  it("has OTP's defaults, one object for all parents", () => {
    expect(resolveSuperviseOptions()).toBe(superviseDefaults)
    expect(superviseDefaults).toEqual({
      strategy: 'one-for-one',
      restartsMax: 1,
      windowMs: 5_000,
      autoShutdown: 'never',
      onExceeded: 'escalate',
    })
  })

  const refused: [unknown, RegExp][] = [
    [
      { strategy: 'one_for_all' },
      /strategy must be one of 'one-for-one', 'one-for-all', 'rest-for-one', got 'one_for_all'/,
    ],
    [{ restartsMax: -1 }, /restartsMax must be a whole number from 0 to 10000, got -1/],
    [{ restartsMax: Number.POSITIVE_INFINITY }, /restartsMax must be a whole number from 0 to 10000, got Infinity/],
    [{ windowMs: 0 }, /windowMs must be a whole number from 1 to 86400000 ms, got 0/],
    [{ autoShutdown: true }, /autoShutdown must be one of 'never', 'any-significant', 'all-significant', got true/],
    [{ onExceeded: 'ignore' }, /onExceeded must be one of 'escalate', 'stop-child', got 'ignore'/],
    [{ silly_flag: true }, /unknown option 'silly_flag'/],
  ]
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => resolveSuperviseOptions(options as SuperviseOptions)).toThrow(message)
    })
  }
})
