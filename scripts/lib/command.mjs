import { spawn } from 'node:child_process'
import { inRoot, root } from './root.mjs'

/**
 * Runs a program in the project's folder and answers its exit code (128 for an end by signal, 127 if it cannot be
 * started). It has no stdin. `output`: 'stderr' (default; stdout stays free for results), 'inherit', or 'collect' to
 * have both streams answered as `text`.
 */
export function runCommand(program, args, { output = 'stderr', env = {}, timeoutMs } = {}) {
  const stdio = { stderr: ['ignore', 2, 2], inherit: ['ignore', 1, 2], collect: ['ignore', 'pipe', 'pipe'] }[output]
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL' })
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    child.once('error', (error) => resolve({ code: 127, text: String(error) }))
    child.once('close', (code, signal) => {
      const ended = signal === null ? '' : `\nended by ${signal}`
      resolve({ code: code ?? 128, text: Buffer.concat(chunks).toString('utf8') + ended })
    })
  })
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
