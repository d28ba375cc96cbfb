import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { BenchRow } from '#bench/harness/rows'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'troupe-smoke-'))

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The suite as a user runs it, from the built package. */
function bench(...args: string[]): Promise<{ code: number | null; out: string; complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'dist/bench/run.js'), ...args])
    let out = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, complaint }))
  })
}

test('every case runs at its smoke size, counts right, and stands in the table and in the JSON', async () => {
  const jsonFile = join(folder, 'deep/rows.json')
  const { code, out } = await bench('--smoke', '--json', jsonFile)
  const rows = JSON.parse(readFileSync(jsonFile, 'utf8')) as BenchRow[]

  expect(rows.filter((row) => row.failed !== undefined)).toEqual([])
  expect(code).toBe(0)
  for (const row of rows) {
    expect(row).toMatchObject({ rounds: 1, node: process.version, peer: expect.any(String), unit: expect.any(String) })
    expect(row.ours).toBeGreaterThanOrEqual(0)
    expect(out).toContain(row.bench)
  }
  const compared = rows.filter((row) => row.skipped === undefined)
  // Nothing at all where less is better is infinitely good, which JSON has no number for.
  const isNothing = (row: BenchRow): boolean => row.better === 'less' && row.ours === 0
  expect(compared.filter((row) => !isNothing(row) && !(row.ratio !== null && row.ratio > 0))).toEqual([])
  for (const file of caseFiles()) {
    expect(rows.some((row) => row.bench.startsWith(file))).toBe(true)
  }
}, 300_000)

test('an unknown option ends with what is wrong and what there is', async () => {
  const { code, complaint } = await bench('--fast')
  expect(code).toBe(2)
  expect(complaint).toContain("'--fast'")
  expect(complaint).toContain('--only PREFIX')
})

test('a prefix that fits no bench names those there are', async () => {
  const { code, complaint } = await bench('--only', 'kernel/nothing')
  expect(code).toBe(2)
  expect(complaint).toContain("no bench begins with 'kernel/nothing'; there are kernel/tell")
})

/** `kernel/tell` for `bench/kernel/tell.bench.ts`. */
function caseFiles(): string[] {
  const files = readdirSync(join(root, 'bench'), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.replaceAll('\\', '/').slice(0, -'.bench.ts'.length))
}
