import { type ChildProcess, spawn } from 'node:child_process'
import type { Outcome } from './bench-case.ts'
import { parseOutcome } from './outcome-line.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/** What became of one run of one program. */
export type Launched = { readonly outcome: Outcome } | { readonly failure: string }

const OUTPUT_CHARS_MAX = 64 * 1_024
const living = new Set<ChildProcess>()

/**
 * Runs a command to its end in a process group of its own. At the time limit the whole group is killed, and in any case
 * whatever the program left behind in it.
 */
export function launch(command: Command, timeLimitMs: number): Promise<Launched> {
  return new Promise((resolve) => {
    const child = spawn(command.file, command.args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    living.add(child)
    let output = ''
    let complaint = ''
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      killGroup(child)
    }, timeLimitMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-OUTPUT_CHARS_MAX)
    })
    const settle = (launched: Launched): void => {
      clearTimeout(timer)
      living.delete(child)
      resolve(launched)
    }
    child.once('error', (error) => settle({ failure: error.message }))
    // What the program left behind holds the pipes open: without it `close` comes when all output is read.
    child.once('exit', () => killGroup(child))
    child.once('close', (code, signal) => settle(judge({ code, signal, isLate, timeLimitMs, output, complaint })))
  })
}

/** For a program that is about to end: kills every process that still runs. */
export function killAllLaunched(): void {
  for (const child of living) killGroup(child)
}

interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly isLate: boolean
  readonly timeLimitMs: number
  readonly output: string
  readonly complaint: string
}

function judge(ending: Ending): Launched {
  if (ending.isLate) return { failure: `not done after ${ending.timeLimitMs / 1_000} s` }
  const outcome = parseOutcome(ending.output)
  if (ending.code === 0 && outcome !== undefined) return { outcome }
  const how = ending.signal === null ? `exit code ${ending.code}` : `signal ${ending.signal}`
  return { failure: `${how}: ${lastWords(ending.complaint || ending.output) || 'no outcome printed'}` }
}

/** The line that names the error if there is one, else the last one. */
function lastWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const named = lines.find((line) => /^(Uncaught )?\w*error\b.*:/i.test(line))
  return (named ?? lines.at(-1) ?? '').slice(0, 300)
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // the group is gone, or this system has no groups
  }
}
