import { describe, expect, test } from 'vitest'
import { add, isGood, noTests, outcome, tallyLine, tallyOfVitest } from '../../scripts/lib/tally.mjs'

const counts = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 }

describe('the tally', () => {
  test('ends a run as one line', () => {
    expect(tallyLine(add(add(noTests, outcome(true)), outcome(false)))).toBe('1 passed, 1 failed, 0 skipped')
  })

  test.each([
    [{ passed: 1, failed: 0, skipped: 9 }, true],
    [{ passed: 9, failed: 1, skipped: 0 }, false],
    [{ passed: 0, failed: 0, skipped: 9 }, false],
  ])('%j is good: %s', (tally, expected) => {
    expect(isGood(tally)).toBe(expected)
  })
})

describe('a report of vitest', () => {
  test('gives its counts; what waits to be written counts as skipped', () => {
    expect(tallyOfVitest({ ...counts, testResults: [] }, 0)).toEqual({ passed: 5, failed: 0, skipped: 3 })
  })

  test('counts a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(tallyOfVitest({ ...counts, testResults }, 1)).toEqual({ passed: 5, failed: 1, skipped: 3 })
  })

  test('counts a failed test once, not its file too', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]
    expect(tallyOfVitest({ ...counts, numFailedTests: 1, testResults }, 1)).toEqual({
      passed: 5,
      failed: 1,
      skipped: 3,
    })
  })

  test('counts a bad exit code without any failure in it as one, for instance an error outside of all tests', () => {
    expect(tallyOfVitest({ ...counts, testResults: [] }, 1).failed).toBe(1)
  })

  test('that was not written is a failure', () => {
    expect(tallyOfVitest(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})
