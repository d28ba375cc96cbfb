import { readFileSync } from 'node:fs'
import { runNpm } from './command.mjs'
import { inRoot } from './root.mjs'

/** Runs `npm ci` unless node_modules already holds what package-lock.json asks for. Everything it prints goes to stderr. */
export async function ensureInstalled() {
  const missing = missingPackage(
    readJson(inRoot('package-lock.json')),
    readJson(inRoot('node_modules/.package-lock.json')),
  )
  if (missing === undefined) return
  console.error(`installing packages (${missing})`)
  // No dependency needs its install script: prebuilt binaries come as packages of their own.
  const { code } = await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`)
}

/**
 * Why `installed` (npm's record of node_modules, or undefined) does not satisfy `wanted` (package-lock.json); undefined
 * if it does. Optional packages may be absent: most are binaries for other platforms.
 */
export function missingPackage(wanted, installed) {
  if (installed === undefined) return 'none are there'
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '' || entry.link === true) continue
    const found = installed.packages[path]
    if (found === undefined && (entry.optional === true || entry.devOptional === true)) continue
    if (found?.version !== entry.version) return `${path} is ${found?.version ?? 'absent'}, wanted ${entry.version}`
  }
  return undefined
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
