import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder: absolute, without a trailing separator. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Absolute path of `path`, which is relative to the project's folder. */
export const inRoot = (...path) => join(root, ...path)

/** Lowest Node that works: keep equal to `engines` in package.json. */
const NODE_MIN = [20, 19]

/** Ends the process with a readable sentence on a Node that is too old for the syntax and APIs used. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return
  console.error(`Troupe needs Node.js ${NODE_MIN.join('.')} or newer, this is ${process.versions.node}.`)
  process.exit(1)
}
