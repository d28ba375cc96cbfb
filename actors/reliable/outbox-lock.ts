import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { UnreachableError } from 'troupe'

/** Of a newcomer, each of which sees a lock that is left over or has come meanwhile. */
const ATTEMPTS_MAX = 5

interface Holder {
  readonly pid: number
  readonly fd: number
  readonly token: string
}

/**
 * One opening of a directory at a time, among the processes and threads of one machine. The file `lock` names who holds it. A holder that was killed
 * leaves it behind: on Linux it counts as held while the process that it names has this very file open, which ends with the process and with
 * the thread; elsewhere, while there is another process of that number. Whoever finds it left over puts it aside and makes its own.
 */
export class OutboxLock {
  readonly #path: string
  readonly #fd: number

  private constructor(path: string, fd: number) {
    this.#path = path
    this.#fd = fd
  }

  /** Throws `UnreachableError` `outbox-locked` while somebody holds it. */
  static take(directory: string): OutboxLock {
    const path = join(directory, 'lock')
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const fd = created(path)
      if (fd !== undefined) return new OutboxLock(path, fd)
      const holder = holderOf(path)
      if (holder === 'gone') continue
      if (holder !== 'unreadable' && isHeld(holder, path)) throw locked(path, `process ${holder.pid}`)
      putAside(path, holder)
    }
    throw locked(path, 'others who come and go')
  }

  /** False when somebody has taken it for left over: whoever holds it must write no more. */
  get isOurs(): boolean {
    return fstatSync(this.#fd).nlink > 0
  }

  release(): void {
    if (this.isOurs) unlinkSync(this.#path)
    closeSync(this.#fd)
  }
}

/** It appears under its name with its content, at once. */
function created(path: string): number | undefined {
  const draft = `${path}.${randomUUID()}`
  const fd = openSync(draft, 'wx', 0o600)
  let isLinked: true | undefined
  try {
    writeSync(fd, JSON.stringify({ pid: process.pid, fd, token: randomUUID() } satisfies Holder))
    isLinked = unless(['EEXIST', 'ENOENT'], () => linkSync(draft, path) ?? true)
  } finally {
    unless(['ENOENT'], () => unlinkSync(draft))
    if (isLinked !== true) closeSync(fd) // also where the disk is full: who tries again must leave nothing behind
  }
  return isLinked === true ? fd : undefined
}

function holderOf(path: string): Holder | 'gone' | 'unreadable' {
  const text = unless(['ENOENT'], () => readFileSync(path, 'utf8'))
  if (text === undefined) return 'gone'
  try {
    return JSON.parse(text) as Holder
  } catch {
    return 'unreadable' // the machine went down before it was on the disk
  }
}

function isHeld({ pid, fd }: Holder, path: string): boolean {
  if (process.platform !== 'linux' || !existsSync('/proc/self/fd')) return pid !== process.pid && isAlive(pid)
  try {
    const open = statSync(`/proc/${pid}/fd/${fd}`)
    const named = statSync(path)
    return open.ino === named.ino && open.dev === named.dev
  } catch (error) {
    // Another user's process keeps its files to itself.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Of two newcomers that find the same lock left over, the slower must not put aside that of the faster. */
function putAside(path: string, seen: Holder | 'unreadable'): void {
  const aside = `${path}.${randomUUID()}`
  if (unless(['ENOENT'], () => renameSync(path, aside) ?? true) === undefined) return
  const found = holderOf(aside)
  const isSame = tokenOf(found) === tokenOf(seen)
  // If a third has made its own meanwhile, the second finds that its lock has no name any more.
  if (!isSame) unless(['EEXIST'], () => linkSync(aside, path))
  unlinkSync(aside)
}

function tokenOf(holder: Holder | string): string {
  return typeof holder === 'string' ? holder : holder.token
}

/** Undefined where the operating system answers with one of these codes. */
function unless<T>(codes: readonly string[], act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

function locked(path: string, who: string): UnreachableError {
  return new UnreachableError('outbox-locked', `${path} is held by ${who}: one outbox has one user at a time`)
}
