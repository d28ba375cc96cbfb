import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** The stress test must notice these: each is a change to one place of the built files. */
const mutations = [
  {
    name: 'parking without the look after PARKED is visible',
    file: 'doorbell.js',
    original: 'if (!this.#isDirty() && ',
    mutated: 'if (',
    scenario: 'lockstep-async',
  },
  {
    name: 'blocking without the look after PARKED is visible',
    file: 'doorbell.js',
    original: 'if (!this.#isDirty() && ',
    mutated: 'if (',
    scenario: 'lockstep-blocking',
  },
  {
    name: 'publishing the tail when a record is claimed',
    file: 'spsc-ring.js',
    original: 'return start + RECORD_HEADER_BYTES;',
    mutated: 'Atomics.store(this.control, RING_TAIL_INDEX, end); return start + RECORD_HEADER_BYTES;',
    scenario: 'flood-poll',
  },
] as const

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const STALL_MS = 2_000
let copy = ''

beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'troupe-mutant-'))
  for (const folder of ['src/base', 'src/memory', 'test/fixtures/memory']) {
    await cp(join(dist, folder), join(copy, 'dist', folder), { recursive: true })
  }
  const imports = { '#src/*': './dist/src/*.js', '#fixtures/*': './dist/test/fixtures/*.js' }
  await writeFile(join(copy, 'package.json'), JSON.stringify({ type: 'module', imports }))
})

afterEach(async () => {
  await rm(copy, { recursive: true, force: true })
})

async function mutate(file: string, original: string, mutated: string): Promise<void> {
  const path = join(copy, 'dist/src/memory', file)
  const parts = (await readFile(path, 'utf8')).split(original)
  expect(parts, `${original} occurs once in ${file}`).toHaveLength(2)
  await writeFile(path, parts.join(mutated))
}

/** Runs the stress program of the copy; answers what it complained of. */
async function stress(scenario: string, records: number): Promise<string> {
  const main = join(copy, 'dist/test/fixtures/memory/ring-main.js')
  const seed = randomInt(2 ** 31)
  const args = [scenario, seed, records, 64, STALL_MS].map(String)
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text: Buffer) => void (output += text.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  console.log(`${scenario}, seed ${seed}: exit code ${code} ${output.trim().replaceAll('\n', '; ')}`)
  return output
}

/** The first complaint of up to three runs: a race that is open may still go well many thousand times on a busy machine. */
async function firstComplaint(scenario: string, records: number): Promise<string> {
  for (let run = 0; run < 3; run++) {
    const output = await stress(scenario, records)
    if (output !== '') return output
  }
  return ''
}

describe('the stress test of ring and doorbell', () => {
  it('has nothing to complain of in a copy that was not changed', async () => {
    expect(await stress('lockstep-async', 5_000)).toBe('')
    expect(await stress('lockstep-blocking', 5_000)).toBe('')
    expect(await stress('flood-poll', 5_000)).toBe('')
  }, 60_000)

  it.each(mutations)(
    'notices $name',
    async ({ file, original, mutated, scenario }) => {
      await mutate(file, original, mutated)
      expect(await firstComplaint(scenario, 50_000)).toMatch(/was not read|record \d+/)
    },
    120_000,
  )
})
