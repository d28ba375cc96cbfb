import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runTool } from './command.mjs'
import { inRoot, root } from './root.mjs'

/** What decides, beside the sources, what comes out. */
const BUILD_FILES = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json']
const STAMP = inRoot('dist', '.build.json')
const LOCK = inRoot('dist', '.build.lock')
/** A build takes seconds; whoever holds the lock longer than this is gone. */
const LOCK_MS_MAX = 120_000

/**
 * Compiles to dist/ unless dist/ already holds exactly these sources. Answers what the compiler complained about ('' for
 * nothing); the files are written all the same. `force` starts from an empty dist/.
 */
export async function ensureBuilt({ force = false } = {}) {
  if (force) rmSync(inRoot('dist'), { recursive: true, force: true })
  if (readStamp()?.digest === sourceDigest()) return readStamp().complaint
  mkdirSync(inRoot('dist'), { recursive: true })
  await takeLock()
  try {
    // Taken before compiling: a source that changes meanwhile makes the next call build again.
    const digest = sourceDigest()
    if (readStamp()?.digest === digest) return readStamp().complaint // built while we waited for the lock
    console.error('building dist/')
    const { code, text } = await runTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json'], { output: 'collect' })
    removeOrphans(inRoot('dist'))
    const complaint = code === 0 ? '' : text.trim() || `tsc failed with exit code ${code}`
    writeFileSync(STAMP, JSON.stringify({ digest, complaint }))
    return complaint
  } finally {
    rmSync(LOCK, { force: true })
  }
}

/** Every file below `folder`, as absolute paths; none if it is not there. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

function sourceDigest() {
  const { include } = JSON.parse(readFileSync(inRoot('tsconfig.build.json'), 'utf8'))
  const sources = include.flatMap((folder) => filesBelow(inRoot(folder))).filter((path) => /\.[cm]?ts$/.test(path))
  const hash = createHash('sha256')
  for (const path of [...sources.sort(), ...BUILD_FILES.map((file) => inRoot(file))]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

function readStamp() {
  return existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : undefined
}

/** Deletes outputs whose source is gone: Node would still load them, and a test would pass that must fail. */
function removeOrphans(dist) {
  for (const path of filesBelow(dist)) {
    const source = relative(dist, path)
      .split(sep)
      .join('/')
      .replace(/(\.d)?\.([cm]?)[jt]s(\.map)?$/, '.$2ts')
    if (!source.endsWith('ts') || source.startsWith('.')) continue
    if (!existsSync(join(root, source))) rmSync(path, { force: true })
  }
}

/** Whoever creates the file builds, everybody else waits until it is gone, or its maker is. */
async function takeLock() {
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned()) rmSync(LOCK, { force: true })
    await delay(50)
  }
}

function isAbandoned() {
  try {
    if (Date.now() - statSync(LOCK).mtimeMs > LOCK_MS_MAX) return true
    const pid = Number(readFileSync(LOCK, 'utf8'))
    if (pid > 0) process.kill(pid, 0)
    return false // alive, or just about to write its number
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
