import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const PROFILE = resolve('tools/profiling/profile.mjs')
const PROGRAM = resolve('test/fixtures/profiling/hot-program.ts')

test('a profile of threads shows the handlers of each under the names of their actors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
  const { stdout, stderr, status } = spawnSync(process.execPath, [PROFILE, 'threads', PROGRAM, '300'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('baked true true on 2 threads')
  const threads = stdout.split('\n\n').filter((part) => /\(thread \d\): busy/.test(part))
  const bakers = threads.filter((part) => /handler Oven\.bake +\d/.test(part))
  expect([threads.length, bakers.length]).toEqual([4, 2])
  expect(threads.some((part) => part.includes('guardian (thread 1)'))).toBe(true)
  const [out] = readdirSync(join(folder, 'profiles'))
  const pages = readdirSync(join(folder, 'profiles', out!))
  expect(pages.filter((name) => name.endsWith('.cpuprofile')).length).toBe(4)
  const flames = pages.filter((name) => name.endsWith('.html') && name !== 'index.html')
  expect(flames.length).toBe(4)
  const read = (name: string): string => readFileSync(join(folder, 'profiles', out!, name), 'utf8')
  expect(flames.filter((name) => read(name).includes('"name":"Oven.bake"')).length).toBe(2)
  expect(read('index.html').match(/Oven\.bake/g)?.length).toBe(2)
  rmSync(folder, { recursive: true })
})

test.each([
  [['threads'], /usage: npm run profile -- doctor\|flame\|bubbleprof\|heapprofiler\|threads SCRIPT/],
  [['x-ray', 'a.js'], /usage/],
  [['threads', 'no/such/program.js'], /there is no no\/such\/program\.js/],
])('%j is refused with a sentence', (args, sentence) => {
  const { stderr, status } = spawnSync(process.execPath, [PROFILE, ...args], { encoding: 'utf8' })
  expect(stderr).toMatch(sentence)
  expect(status).toBe(1)
})
