// Runs some of the static checks by name: `node scripts/check.mjs types format lint`; all of them without a name.
import { ensureBuilt } from './lib/build.mjs'
import { checks } from './lib/checks.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/root.mjs'

requireNode()
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks)
const unknown = names.filter((name) => checks[name] === undefined)
if (unknown.length > 0) {
  console.error(`unknown check ${unknown.join(', ')}; known: ${Object.keys(checks).join(', ')}`)
  process.exit(1)
}
await ensureInstalled()
if (names.includes('package')) await ensureBuilt()
for (const name of names) {
  const { code, text } = await checks[name]()
  console.log(code === 0 ? `${name}: good` : `${text.trim()}\n${name}: failed`)
  if (code !== 0) process.exitCode = 1
}
