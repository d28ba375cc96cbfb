// Compiles the project to dist/: `npm run build`, `npm run build -- --force` to start from an empty dist/.
import { ensureBuilt } from './lib/build.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/root.mjs'

requireNode()
await ensureInstalled()
const complaint = await ensureBuilt({ force: process.argv.includes('--force') })
if (complaint !== '') {
  console.error(complaint)
  process.exitCode = 1
}
