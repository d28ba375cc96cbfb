import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const run = (...args: string[]) => spawnSync(process.execPath, ['scripts/run.mjs', ...args], { encoding: 'utf8' })

test('a program gets its arguments, has stdout for itself, and its exit code is the one of the command', () => {
  const { stdout, status } = run('test/fixtures/echo-arguments.js', '--seconds', '20', '--json')
  expect(stdout).toBe('["--seconds","20","--json"]\n')
  expect(status).toBe(3)
})

test('a program that does not exist is named, by its source', () => {
  const { stdout, stderr, status } = run('test/fixtures/no-such-program.js')
  expect(stderr).toContain('test/fixtures/no-such-program.ts does not exist')
  expect(stdout).toBe('')
  expect(status).toBe(1)
})
