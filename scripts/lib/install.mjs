import { readFileSync } from 'node:fs'
import { runNpm } from './command.mjs'
import { inRoot } from './root.mjs'

/** npm writes here what it put into node_modules. */
const INSTALLED_RECORD = inRoot('node_modules', '.package-lock.json')

/**
 * Installs the packages of package-lock.json unless node_modules already holds them. Everything it prints goes to stderr.
 * Not by `npm ci`: that refuses a lock file written where a registry lacked some binary for another platform. What was
 * installed is compared with the lock file instead, and the lock file is not written to.
 */
export async function ensureInstalled() {
  const before = missingPackage()
  if (before === undefined) return
  console.error(`installing packages (${before})`)
  // No dependency needs its install script: prebuilt binaries come as packages of their own.
  const flags = ['--no-save', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund']
  const { code } = await runNpm(['install', ...flags])
  const after = missingPackage()
  if (code === 0 && after === undefined) return
  throw new Error(`npm install ended with exit code ${code}${after === undefined ? '' : `; ${after}`}`)
}

const missingPackage = () => difference(readJson(inRoot('package-lock.json')), readJson(INSTALLED_RECORD))

/**
 * Why `installed` (npm's record of node_modules, or undefined) does not satisfy `wanted` (package-lock.json); undefined
 * if it does. Optional packages may be absent: most are binaries for other platforms.
 */
export function difference(wanted, installed) {
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
