// npm run profile -- doctor|flame|bubbleprof|heapprofiler SCRIPT [ARGUMENT...]   clinic, with all actors on one thread
// npm run profile -- threads SCRIPT [ARGUMENT...]                               a CPU profile and a flame page per thread
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ensureBuilt } from '../../scripts/lib/build.mjs'
import { ensureInstalled } from '../../scripts/lib/install.mjs'
import { inRoot, requireNode } from '../../scripts/lib/root.mjs'
import { busyMs, callTree, handlers, hottest, isHandler } from './cpu-profile.mjs'
import { flamePage, indexPage } from './flame-page.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const HANDLER_NAMES = pathToFileURL(join(HERE, 'handler-names.mjs')).href
const CLINIC_TOOLS = ['doctor', 'flame', 'bubbleprof', 'heapprofiler']

requireNode()
const [tool, script, ...args] = process.argv.slice(2)
if (script === undefined || ![...CLINIC_TOOLS, 'threads'].includes(tool)) {
  fail(`usage: npm run profile -- ${[...CLINIC_TOOLS, 'threads'].join('|')} SCRIPT [ARGUMENT...]`)
}
await ensureInstalled()
const complaint = await ensureBuilt()
if (complaint !== '') fail(complaint)
const program = runnable(script)
const folder = resolve('profiles', `${tool}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`)
mkdirSync(folder, { recursive: true })
process.on('SIGINT', () => {}) // the program gets it too: it ends, and what was recorded is written
process.exitCode = tool === 'threads' ? await profileThreads() : await runClinic()

async function profileThreads() {
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500', '--enable-source-maps']
  const code = await run(process.execPath, [...flags, program, ...args], { TROUPE_PROFILE_FOLDER: folder })
  const profiles = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  if (profiles.length === 0) fail('the program wrote no profile: did it end by a signal?')
  const threads = profiles.map(describeThread).sort((a, b) => a.threadId - b.threadId)
  writeFileSync(join(folder, 'index.html'), indexPage(threads))
  for (const name of readdirSync(folder)) if (name.endsWith('.name')) rmSync(join(folder, name))
  for (const thread of threads) print(thread)
  console.log(`\n${relative('.', join(folder, 'index.html'))}`)
  return code
}

/** Writes the flame page of one profile. Its file is called CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile. */
function describeThread(file) {
  const threadId = Number(file.split('.')[4])
  const note = join(folder, `thread-${threadId}.name`)
  const title = existsSync(note) ? readFileSync(note, 'utf8') : `thread-${threadId}`
  const tree = callTree(JSON.parse(readFileSync(join(folder, file), 'utf8')))
  const page = `${basename(file, '.cpuprofile')}.html`
  writeFileSync(join(folder, page), flamePage(`${title} (thread ${threadId})`, tree))
  const times = { busyMs: busyMs(tree), sampledMs: tree.totalMs }
  return { threadId, title, page, ...times, handlers: handlers(tree, isHandler), hottest: hottest(tree, 5) }
}

function print({ threadId, title, busyMs: busy, sampledMs, handlers: own, hottest: top }) {
  console.log(`\n${title} (thread ${threadId}): busy ${busy.toFixed(0)} of ${sampledMs.toFixed(0)} ms`)
  for (const { name, totalMs } of own.slice(0, 5)) console.log(`  handler ${name.padEnd(40)} ${totalMs.toFixed(1)} ms`)
  for (const { name, where, selfMs } of top)
    console.log(`  itself  ${name.padEnd(40)} ${selfMs.toFixed(1)} ms  ${where}`)
}

async function runClinic() {
  await installClinic()
  const clinic = join(HERE, 'node_modules', 'clinic', 'bin.js')
  const flags = [tool, '--open=false', '--dest', folder, '--', process.execPath, program, ...args]
  // Clinic sees one thread, asks a question on a terminal, and does nothing at all without one unless told not to ask.
  const code = await run(process.execPath, [clinic, ...flags], { TROUPE_THREADS: '0', NO_INSIGHT: '1' })
  const pages = readdirSync(folder).filter((name) => name.endsWith('.html'))
  if (pages.length === 0) fail('clinic wrote no page')
  for (const page of pages) console.log(relative('.', join(folder, page)))
  return code
}

/** Clinic brings several hundred packages, so nobody gets them who does not ask for it. */
async function installClinic() {
  if (existsSync(join(HERE, 'node_modules', 'clinic', 'bin.js'))) return
  console.error('installing clinic, once (about 150 MB)')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const flags = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', HERE]
  const code = await run(npm, flags, {}, false)
  if (code !== 0) fail(`npm install ended with exit code ${code}`)
}

/** A module of the project in TypeScript stands for what the build made of it. */
function runnable(path) {
  const built = inRoot('dist', relative(inRoot('.'), resolve(path))).replace(/\.ts$/, '.js')
  const program = path.endsWith('.ts') && existsSync(built) ? built : resolve(path)
  if (!existsSync(program)) fail(`there is no ${path.split(sep).join('/')}`)
  return program
}

function run(command, args, env, isProgram = true) {
  const options = isProgram
    ? `${process.env.NODE_OPTIONS ?? ''} --import ${HANDLER_NAMES}`.trim()
    : process.env.NODE_OPTIONS
  const merged = { ...process.env, ...env, ...(options === undefined ? {} : { NODE_OPTIONS: options }) }
  return new Promise((settle, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: merged })
    child.once('error', reject)
    child.once('exit', (code) => settle(code ?? 1))
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
