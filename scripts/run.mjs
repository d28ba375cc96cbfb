// Runs a program of dist/ with the arguments that follow its path: installs and builds first where that is needed, writes
// nothing to stdout itself. The program runs in this very process, so signals and the exit code are its own.
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './lib/build.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { inRoot, requireNode } from './lib/root.mjs'

requireNode()
const [program, ...args] = process.argv.slice(2)
if (program === undefined) fail('usage: node scripts/run.mjs PROGRAM [ARGUMENT...], PROGRAM being a path below dist/')
await ensureInstalled()
const complaint = await ensureBuilt()
if (complaint !== '') fail(complaint)
const path = inRoot('dist', program)
if (!existsSync(path)) fail(`${program.replace(/\.js$/, '.ts')} does not exist`)
process.setSourceMapsEnabled(true)
process.argv = [process.execPath, path, ...args]
await import(pathToFileURL(path).href)

function fail(message) {
  console.error(message)
  process.exit(1)
}
