import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand } from '../harness/find-command.ts'
import type { Address } from '../net/roles.ts'

const POLL_MS = 10
const START_LIMIT_MS = 10_000

/**
 * Starts a server of the system on a free port and waits until it accepts. It is in the group of this process, and the
 * harness ends it with that.
 */
export async function startServer(command: string, args: (port: number) => readonly string[]): Promise<Address> {
  const port = await freePort()
  const child = spawn(findCommand(command) ?? command, args(port), { stdio: 'ignore' })
  child.once('error', (error) => {
    throw error
  })
  process.once('exit', () => child.kill())
  const address = { host: '127.0.0.1', port }
  const endMs = performance.now() + START_LIMIT_MS
  while (!(await accepts(address))) {
    if (child.exitCode !== null) throw new Error(`${command} ended with code ${child.exitCode}`)
    if (performance.now() > endMs) throw new Error(`${command} does not accept after ${START_LIMIT_MS / 1_000} s`)
    await sleep(POLL_MS)
  }
  return address
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function accepts(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
