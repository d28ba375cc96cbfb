// Everything that has to hold, from a fresh clone: installs, builds, checks, tests, runs the examples and the main job.
// `npm test -- --only-run` leaves out what does not depend on the version of Node: types, format, lint, the package.
// The last line is the count of tests and checks; the exit code is 0 only if something ran and nothing failed.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './lib/build.mjs'
import { checks } from './lib/checks.mjs'
import { runNode, runTool } from './lib/command.mjs'
import { exampleNames, runExample } from './lib/examples.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { inRoot, requireNode } from './lib/root.mjs'
import { add, isGood, noTests, outcome, tallyLine, tallyOfVitest } from './lib/tally.mjs'

/** Far above what anything here takes; what is still running then hangs. Milliseconds. */
const VITEST_MS_MAX = 1_800_000
const PROGRAM_MS_MAX = 120_000

requireNode()
const onlyRun = parseArguments(process.argv.slice(2))
let tally = noTests
if (await check('install', install)) {
  await check('build', build)
  if (!onlyRun) for (const [name, run] of Object.entries(checks)) await check(name, run)
  count(await runVitest())
  for (const name of exampleNames()) await check(`example ${name}`, () => runExample(name))
  await checkProgram('actors/gateway/main.js', ['--seconds', '5', '--json'], isOneJsonValue)
}
console.log(tallyLine(tally))
process.exitCode = isGood(tally) ? 0 : 1

function parseArguments(args) {
  const unknown = args.find((argument) => argument !== '--only-run')
  if (unknown === undefined) return args.length > 0
  console.error(`unknown argument ${unknown}; known: --only-run. Some tests only: npx vitest run PATH...`)
  process.exit(1)
}

async function install() {
  await ensureInstalled()
  return { code: 0, text: '' }
}

async function build() {
  const complaint = await ensureBuilt()
  return { code: complaint === '' ? 0 : 1, text: complaint }
}

function count(counted) {
  tally = add(tally, counted)
}

/** Runs something that answers { code, text } or throws, counts it as one test, and answers whether it was good. */
async function check(name, run) {
  const startMs = performance.now()
  const { code, text } = await run().catch((error) => ({ code: 1, text: error.message }))
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
  console.log(code === 0 ? `${name}: good (${seconds} s)` : `${text.trim()}\n${name}: FAILED (${seconds} s)`)
  count(outcome(code === 0))
  return code === 0
}

/** Runs a program of dist/ to its end. One that is not there yet is not counted, but named. */
async function checkProgram(path, args, isRight = () => true) {
  const name = `${path} ${args.join(' ')}`
  if (!existsSync(inRoot('dist', path))) return console.log(`${name}: there is none`)
  await check(name, async () => {
    const options = { output: 'collect', timeoutMs: PROGRAM_MS_MAX }
    const { code, text, result } = await runNode([inRoot('scripts/run.mjs'), path, ...args], options)
    return isRight(result) ? { code, text } : { code: code || 1, text: `${text}\nstdout is not what was promised` }
  })
}

async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-test-'))
  const reportPath = join(folder, 'report.json')
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
    const { code } = await runTool('vitest/vitest.mjs', args, { output: 'inherit', timeoutMs: VITEST_MS_MAX })
    return tallyOfVitest(existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : undefined, code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function isOneJsonValue(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
