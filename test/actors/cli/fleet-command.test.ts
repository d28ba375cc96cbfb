import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runProgram } from '#actors/cli/program'
import { CyncServer, type ServerManner } from '../../support/cync-server.ts'

/** What `troupe fleet …` prints, and its exit code. */
async function run(...args: string[]): Promise<{ code: number; out: string; complaint: string }> {
  const stdout = new PassThrough()
  let out = ''
  stdout.on('data', (chunk) => (out += String(chunk)))
  return { ...(await runWith(stdout, ...args)), out }
}

async function runWith(stdout: Writable, ...args: string[]): Promise<{ code: number; complaint: string }> {
  const stderr = new PassThrough()
  let complaint = ''
  stderr.on('data', (chunk) => (complaint += String(chunk)))
  const code = await runProgram(['fleet', ...args], { stdin: new PassThrough(), stdout, stderr }, '0.0.0')
  return { code, complaint }
}

async function serverOf(manner: ServerManner): Promise<CyncServer> {
  const server = await CyncServer.listen(manner)
  onTestFinished(() => server.close())
  return server
}

describe('troupe fleet', () => {
  it('runs devices against a gateway, says how they are, and ends them in order', async () => {
    const server = await serverOf('accept')
    const { code, out, complaint } = await run(
      ...['--gateway', server.url, '--devices', '20', '--threads', '0', '--start-rate', '500', '--per-home', '5'],
      ...['--seconds', '2', '--firmware', 'mixed', '--profile', 'instant', '--chaos', 'lost-reply=0.5', '--seed', '4'],
    )
    expect(out).toMatch(/^20 devices at tcp:\/\/127\.0\.0\.1:\d+, chaos lost-reply=0\.5\n20 online {2}0 degraded/)
    expect(complaint).toMatch(/20 online .* restarts \| .* packets in .* out \| .* commands/)
    expect(code).toBe(0)
    expect(server.peers.length).toBe(20)
    expect(server.peers.every(({ socket }) => socket.readableEnded)).toBe(true)
  })

  it('prints an object a second with --json, and one at the end', async () => {
    const server = await serverOf('accept')
    const { code, out, complaint } = await run(
      '--gateway',
      server.url,
      '--devices',
      '3',
      '--threads',
      '0',
      '--seconds',
      '1',
      '--json',
    )
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.at(-1)).toMatchObject({
      state: 'ended',
      deviceCount: 3,
      states: { online: 3 },
      tally: { loginCount: 3 },
    })
    expect(lines[0].state).toBe('running')
    expect([code, complaint]).toEqual([0, ''])
  })

  it('ends with 1 where no device was ever online', async () => {
    const server = await serverOf('refuse')
    const { code, out } = await run('--gateway', server.url, '--devices', '2', '--threads', '0', '--seconds', '1')
    expect(out).toContain('0 online')
    expect(code).toBe(1)
  })

  it('says why devices are not online', async () => {
    const { out } = await run('--gateway', 'tcp://127.0.0.1:1', '--devices', '3', '--threads', '0', '--seconds', '1')
    expect(out).toMatch(/^3 not online: .*ECONNREFUSED/m)
  })

  it('says in one line that its output cannot be written', async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) })
    const { code, complaint } = await runWith(
      stdout,
      ...['--gateway', 'tcp://127.0.0.1:1', '--devices', '1', '--threads', '0', '--json'],
    )
    expect([code, complaint]).toEqual([1, 'troupe fleet: no space left\n'])
  })

  it('ends when nobody reads its output any more', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code: 'EPIPE' })),
    })
    const { code, complaint } = await runWith(
      stdout,
      ...['--gateway', 'tcp://127.0.0.1:1', '--devices', '1', '--threads', '0', '--json'],
    )
    expect([code, complaint]).toEqual([1, ''])
  })

  it.each([
    [['--gateway', 'tcp://127.0.0.1:1', '--devices', '60000'], '--threads must be at least 3 for 60000 devices, got 1'],
    [['--devices', '10'], '--gateway'],
    [['--gateway', 'nonsense'], 'nonsense'],
    [['--gateway', 'udp://127.0.0.1:1'], 'tcp, tls and unix'],
    [['--gateway', 'tcp://127.0.0.1:1', '--devices', '0'], '--devices must be'],
    [['--gateway', 'tcp://127.0.0.1:1', '--devices', 'many'], "got 'many'"],
    [['--gateway', 'tcp://127.0.0.1:1', '--threads', '61'], '--threads must be'],
    [['--gateway', 'tcp://127.0.0.1:1', '--chaos', 'gremlins'], 'gremlins'],
    [['--gateway', 'tcp://127.0.0.1:1', '--profile', 'lazy'], 'lazy'],
    [['--gateway', 'tcp://127.0.0.1:1', '--firmware', 'toaster'], 'toaster'],
    [['--gateway', 'tcp://127.0.0.1:1', '--seconds', '0'], '--seconds must be'],
    [['--gateway', 'tcp://127.0.0.1:1', '--per-home', '256'], '--per-home must be'],
  ])('refuses %j', async (args, text) => {
    const { code, complaint } = await run(...args)
    expect([code, complaint]).toEqual([2, expect.stringContaining(text)])
  })
})
