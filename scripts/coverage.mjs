// Runs the tests under c8, which sees worker threads too, and fails below the threshold: `npm run coverage`. Vitest's own
// coverage counts nothing that runs in a worker thread. The numbers are those of src/*.ts and actors/*.ts, through the source maps
// of dist/.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { ensureBuilt, filesBelow } from './lib/build.mjs'
import { runTool } from './lib/command.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { inRoot, requireNode } from './lib/root.mjs'

/** Percent of the lines of src/ and actors/ together. */
const LINES_MIN = 90
const folders = ['src', 'actors']

requireNode()
await ensureInstalled()
const complaint = await ensureBuilt()
if (complaint !== '') console.error(complaint)
const c8Args = [
  '--all', // files that no test loads count as not covered
  ...folders.flatMap((folder) => [`--include=dist/${folder}/**`, `--include=${folder}/**`]),
  '--exclude=test/**',
  '--exclude=**/*.d.ts',
  ...filesOfTypes().map((path) => `--exclude=${path}`),
  '--reporter=text',
  '--reporter=html',
  '--reporter=json-summary',
  '--reports-dir=coverage',
  '--temp-directory=coverage/raw',
  '--check-coverage',
  `--lines=${LINES_MIN}`,
]
const vitest = [process.execPath, inRoot('node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]
const { code } = await runTool('c8/bin/c8.js', [...c8Args, ...vitest], { output: 'inherit' })
process.exitCode = code

/** What has no code: nothing ever loads it, so it would count as not covered. Outputs, and the sources that they map to. */
function filesOfTypes() {
  const outputs = folders.flatMap((folder) => filesBelow(inRoot('dist', folder))).filter((path) => path.endsWith('.js'))
  const isEmpty = (path) => /^\s*(export \{\};)?\s*(\/\/# sourceMappingURL=\S+)?\s*$/.test(readFileSync(path, 'utf8'))
  const empty = outputs.filter(isEmpty).map((path) => relative(inRoot('dist'), path))
  return empty.flatMap((path) => [`dist/${path}`, path.replace(/js$/, 'ts')])
}
