import { expect, test } from 'vitest'
import { flagsForThreads } from '#src/threads/worker-thread'

test.each([
  [
    ['--cpu-prof', '--cpu-prof-interval=200'],
    ['--cpu-prof', '--cpu-prof-interval=200'],
  ],
  [
    ['--cpu-prof-interval', '200', '--cpu-prof'],
    ['--cpu-prof-interval=200', '--cpu-prof'],
  ],
  [
    ['--cpu-prof-dir', 'profiles', '--enable-source-maps'],
    ['--cpu-prof-dir=profiles', '--enable-source-maps'],
  ],
  [['--stack-trace-limit', '50'], ['--stack-trace-limit=50']],
  [['--expose-gc', '--max-old-space-size=100', '--inspect'], []],
])('of the flags %j threads get %j', (given, handedOn) => {
  expect(flagsForThreads(given)).toEqual(handedOn)
})
