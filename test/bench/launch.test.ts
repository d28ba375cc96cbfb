import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { launch } from '#bench/harness/launch'

const node = (script: string): { file: string; args: string[] } => ({ file: process.execPath, args: ['-e', script] })
const outcome = { figures: { rate: 1 }, counted: 1, checksum: 1 }
const print = `console.log('bench-outcome ' + ${JSON.stringify(JSON.stringify(outcome))})`

test('a program that ends well gives its outcome', async () => {
  expect(await launch(node(`console.log('noise'); ${print}`), 10_000)).toEqual({ outcome })
})

test('a program that throws fails with its error', async () => {
  expect(await launch(node(`throw new TypeError('no such thing')`), 10_000)).toEqual({
    failure: 'exit code 1: TypeError: no such thing',
  })
})

test('an outcome does not count when the program then ends badly', async () => {
  expect(await launch(node(`${print}; process.exitCode = 7`), 10_000)).toMatchObject({
    failure: expect.stringContaining('exit code 7'),
  })
})

test('a program that is not there fails', async () => {
  expect(await launch({ file: '/nowhere/at-all', args: [] }, 10_000)).toMatchObject({
    failure: expect.stringContaining('ENOENT'),
  })
})

test('a program that hangs is killed at the time limit', async () => {
  expect(await launch(node('for (;;);'), 300)).toEqual({ failure: 'not done after 0.3 s' })
})

test('what a program leaves running is killed with it', async () => {
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const outcome = { figures: { pid: child.pid }, counted: 1, checksum: 1 }
    process.stdout.write('bench-outcome ' + JSON.stringify(outcome) + '\\n', () => process.exit(0))`
  const launched = await launch(node(script), 10_000)
  const pid = 'outcome' in launched ? (launched.outcome.figures['pid'] ?? 0) : 0
  expect(pid).toBeGreaterThan(0)
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5_000 })
})

/** Dead also when nobody has collected it yet, which only /proc can tell. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
