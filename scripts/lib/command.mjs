import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { inRoot, root } from './root.mjs'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const STDIO = {
  stderr: ['ignore', 2, 2],
  inherit: ['ignore', 1, 2],
  collect: ['ignore', 'pipe', 'pipe'],
  result: ['ignore', 'pipe', 2],
}

/**
 * Runs a program in the project's folder and answers its exit code (128 for an end by signal, 127 if it cannot be
 * started). It has no stdin. `output`: 'stderr' (default; our stdout stays free for results), 'inherit', 'collect' to
 * have both streams answered as `text`, 'result' to have stdout alone answered and stderr shown.
 */
export function runCommand(program, args, { output = 'stderr', env = {}, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const options = { cwd: root, stdio: STDIO[output], env: { ...process.env, ...env }, timeout: timeoutMs }
    const child = spawn(program, args, { ...options, killSignal: 'SIGKILL' })
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    const stopPassingOn = passSignalsOn(child)
    child.once('error', (error) => settle({ code: 127, text: String(error) }))
    child.once('close', (code, signal) => {
      const text = Buffer.concat(chunks).toString('utf8')
      settle(signal === null ? { code, text } : { code: 128, text: `${text}\nended by ${signal}` })
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
