import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { inRoot, root } from './root.mjs'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const STDIO = {
  stderr: ['ignore', 2, 2],
  inherit: ['ignore', 1, 2],
  collect: ['ignore', 'pipe', 'pipe'],
}

/**
 * Runs a program in the project's folder and answers its exit code (128 for an end by signal, 127 if it cannot be
 * started). It has no stdin. `output`: 'stderr' (default; our stdout stays free for results), 'inherit', 'collect' to
 * have stdout answered as `result`, and both streams, as they came, as `text`; or the descriptor of a file for stdout.
 */
export function runCommand(program, args, { output = 'stderr', env = {}, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const options = {
      cwd: root,
      stdio: STDIO[output] ?? ['ignore', output, 2],
      env: { ...process.env, ...env },
      timeout: timeoutMs,
    }
    const child = spawn(program, args, { ...options, killSignal: 'SIGKILL' })
    const results = []
    const chunks = []
    child.stdout?.on('data', (chunk) => results.push(chunk) && chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    const stopPassingOn = passSignalsOn(child)
    child.once('error', (error) => settle({ code: 127, text: String(error), result: '' }))
    child.once('close', (code, signal) => {
      const [text, result] = [chunks, results].map((pieces) => Buffer.concat(pieces).toString('utf8'))
      settle(signal === null ? { code, text, result } : { code: 128, text: `${text}\nended by ${signal}`, result })
    })
    function settle(result) {
      stopPassingOn()
      resolve(result)
    }
  })
}

/** A signal that was sent to this process alone ends the child first, then us. Answers how to undo that. */
function passSignalsOn(child) {
  const passOn = (signal) => {
    child.once('close', () => process.exit(128 + constants.signals[signal]))
    child.kill(signal)
  }
  for (const signal of SIGNALS) process.once(signal, passOn)
  return () => {
    for (const signal of SIGNALS) process.off(signal, passOn)
  }
}

/** Runs a program on this very Node. */
export const runNode = (args, options) => runCommand(process.execPath, args, options)

/** Runs npm: the one that runs us, if there is one. */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath
  if (npm?.endsWith('npm-cli.js')) return runNode([npm, ...args], options)
  return runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options)
}

/** Runs the file `path` of an installed package. */
export const runTool = (path, args, options) => runNode([inRoot('node_modules', ...path.split('/')), ...args], options)
