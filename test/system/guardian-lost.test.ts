import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

const program = createRequire(import.meta.url).resolve('#fixtures/system/lose-guardian')

function run(when: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, when], { timeout: 20_000 }, (_error, stdout) => {
      resolve({ code: child.exitCode, stdout })
    })
  })
}

describe('a system whose guardian thread dies', () => {
  it('ends: asks are rejected, and the process does not linger', async () => {
    const { code, stdout } = await run('while it runs')
    expect(stdout).toMatch(/^ended thread-lost asked (system-stopped|actor-stopped|thread-lost) exit code 1\n$/)
    expect(code).toBe(1)
  })

  it('still comes to the end of a shutdown', async () => {
    const { code, stdout } = await run('during shutdown')
    expect(stdout).toBe('down thread-lost\n')
    expect(code).toBe(0)
  })
})
