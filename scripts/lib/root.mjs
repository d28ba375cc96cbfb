import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder: absolute, without a trailing separator. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Absolute path of `path`, which is relative to the project's folder. */
export const inRoot = (...path) => join(root, ...path)

/** Ends the process with a readable sentence on a Node that is older than `engines` in package.json allows. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  const [wantedMajor, wantedMinor] = engines.node.replace('>=', '').split('.').map(Number)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  console.error(`Troupe needs Node.js ${engines.node.replace('>=', '')} or newer, this is ${process.versions.node}.`)
  process.exit(1)
}
