// Formats, sorts imports and applies safe fixes: `npm run format` for all files known to git, `npm run format -- PATH...`.
import { biome, trackedSources } from './lib/checks.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/root.mjs'

requireNode()
await ensureInstalled()
const paths = process.argv.length > 2 ? process.argv.slice(2) : await trackedSources()
const { code, text } = await biome(['check', '--write', ...paths])
console.log(text.trim())
process.exitCode = code
