/** Counts of tests and checks. Never written to: `add` answers a new one. */
export const noTests = Object.freeze({ passed: 0, failed: 0, skipped: 0 })

export const add = (left, right) => ({
  passed: left.passed + right.passed,
  failed: left.failed + right.failed,
  skipped: left.skipped + right.skipped,
})

/** One check. */
export const outcome = (isGood) => (isGood ? { ...noTests, passed: 1 } : { ...noTests, failed: 1 })

/** The line that `npm test` and .ci/run end with. */
export const tallyLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`

/** Nothing failed and something ran. */
export const isGood = ({ passed, failed }) => failed === 0 && passed > 0

/**
 * Counts a report of vitest's JSON reporter (undefined if it wrote none). A file that failed without a failed test in it,
 * for instance because it could not be imported, counts as one failure; so does a run that failed for no reason in the report.
 */
export function tallyOfVitest(report, exitCode) {
  if (report === undefined) return outcome(false)
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = report.numFailedTests + brokenFiles.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
