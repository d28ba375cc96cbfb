import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayReport } from '#actors/gateway/report'

const program = createRequire(import.meta.url).resolve('#actors/gateway/main')
/** Far above what a run takes here; what is still running then hangs. Milliseconds. */
const RUN_MS_MAX = 40_000

describe('the gateway as a process', { timeout: RUN_MS_MAX }, () => {
  it('prints one JSON object and nothing else, and ends well while everything is being killed', async () => {
    const { code, stdout } = await run(
      '--seconds 4 --devices 20 --threads 3 --rate 100 --profile instant --loss 0 --kill-every 0.4 --seed 1 --json',
    )
    const report = JSON.parse(stdout) as GatewayReport
    expect(report.problems).toEqual([])
    expect(code).toBe(0)
    const { connection, device, thread } = report.kills
    expect(Math.min(connection, device, thread)).toBeGreaterThan(0)
    expect(report.restarts).toBeGreaterThan(thread)
    expect(report.account.isExact).toBe(true)
    expect(report.fleet.online).toBe(20)
    expect(report.commands.done).toBeGreaterThan(0)
  })

  it.each([
    ['none', 1.5, []],
    ['actor', 4, ['connection', 'device']],
    ['thread', 4, ['thread']],
  ])('kills what it is asked to, and nothing else: %s', async (what, seconds, kinds) => {
    const { code, stdout } = await run(
      `--seconds ${seconds} --devices 8 --profile instant --loss 0 --kill ${what} --kill-every 0.7 --json`,
    )
    const report = JSON.parse(stdout) as GatewayReport
    expect(report.problems).toEqual([])
    expect(code).toBe(0)
    const killed = Object.entries(report.kills).filter(([, count]) => count > 0)
    expect(killed.map(([kind]) => kind).sort()).toEqual(kinds)
  })

  it('runs on one thread too', async () => {
    const { code, stdout } = await run(
      '--seconds 2 --devices 5 --threads 0 --profile instant --loss 0 --kill-every 0.4 --json',
    )
    expect((JSON.parse(stdout) as GatewayReport).problems).toEqual([])
    expect(code).toBe(0)
  })

  it('ends with 1 when the run proves nothing, and says why', async () => {
    const { code, stdout } = await run('--seconds 1 --devices 2 --rate 0.1 --kill none')
    expect(stdout).toContain('WRONG: no command was done\nThis run is not to be trusted.')
    expect(code).toBe(1)
  })

  it('ends with 2 for wrong options, having printed nothing but what is wrong', async () => {
    const { code, stdout, stderr } = await run('--devices many')
    expect(stderr).toBe("UsageError: --devices must be a whole number from 1 to 10000 devices, got 'many'\n")
    expect([code, stdout]).toEqual([2, ''])
  })

  it('ends cleanly at Ctrl-C, with the books closed', async () => {
    const gateway = new Process('--devices 10 --profile instant --loss 0 --kill-every 0.5')
    await gateway.printed('commands done [1-9]')
    gateway.interrupt()
    const { code, stdout } = await gateway.end
    expect(stdout).toMatch(/\nEvery message and every command is accounted for, and every device is online\.\n$/)
    expect(code).toBe(0)
  })

  it('ends at once at a second Ctrl-C', async () => {
    const gateway = new Process('--devices 200 --kill none')
    await gateway.printed('received [1-9]')
    gateway.interrupt()
    await gateway.printed('Commands come to their results')
    gateway.interrupt()
    const { code, stdout } = await gateway.end
    expect(stdout).not.toContain('accounted for')
    expect(code).toBe(130)
  })
})

describe.skipIf(spawnSync('script', ['--version']).error !== undefined)(
  'its keys, on a terminal',
  { timeout: RUN_MS_MAX },
  () => {
    it('switch a group, kill a thread, change the loss, and end the run', async () => {
      const gateway = new Process('--devices 8 --profile instant --kill none', ['script', '-qfec'])
      await gateway.printed('online 8')
      for (const [key, seen] of [
        ['g', 'home 1, group 0 switched on'],
        ['+', 'devices lose 10 %'],
        ['-', 'devices lose 5 %'],
        ['k', 'by terminate'],
      ] as const) {
        gateway.press(key)
        await gateway.printed(seen)
      }
      gateway.press('q')
      const { code, stdout } = await gateway.end
      expect(stdout).toContain('Every message and every command is accounted for')
      expect(stdout).toMatch(/kills +device 0, connection 0, thread 1/)
      expect(code).toBe(0)
    })
  },
)

function run(args: string): Promise<Ended> {
  return new Process(args).end
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One run of the program; killed if it outlives its test. */
class Process {
  /** Resolves when it has ended and all that it printed was read. */
  readonly end: Promise<Ended>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #stdout = ''
  #stderr = ''

  /** @param terminal command that gives what follows a terminal */
  constructor(args: string, terminal: readonly string[] = []) {
    const command = [process.execPath, program, ...args.split(' ')]
    const [name, ...rest] = terminal.length === 0 ? command : [...terminal, command.join(' '), '/dev/null']
    this.#child = spawn(name!, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
    onTestFinished(() => void this.#child.kill('SIGKILL'))
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text
    })
    this.end = once(this.#child, 'close').then(([code]) => {
      return { code, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  press(key: string): void {
    this.#child.stdin.write(key)
  }

  /** Resolves when standard output has the pattern; rejects with all that there was when the program has ended without it. */
  async printed(pattern: string): Promise<void> {
    while (!new RegExp(pattern).test(this.#stdout)) {
      const ended = await Promise.race([once(this.#child.stdout, 'data').then(() => undefined), this.end])
      if (ended !== undefined) throw new Error(`the program ended, having printed ${JSON.stringify(ended)}`)
    }
  }
}
