// Runs the numbered examples and compares what they print with what they promise: `npm run examples`.
import { ensureBuilt } from './lib/build.mjs'
import { exampleNames, runExample } from './lib/examples.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/root.mjs'

requireNode()
await ensureInstalled()
await ensureBuilt()
for (const name of exampleNames()) {
  const { code, text } = await runExample(name)
  console.log(code === 0 ? `${name}: good` : text)
  if (code !== 0) process.exitCode = 1
}
