import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseCommandLine } from '#actors/cli/gateway-line'
import { until } from '../../support/until.ts'
import { RawController, taking } from '../device/gateway/raw-controller.ts'

const program = createRequire(import.meta.url).resolve('#actors/cli/main')
const pem = (name: string): string => new URL(`../../fixtures/tls/${name}.pem`, import.meta.url).pathname
/** Far above what a run takes. Milliseconds. */
const RUN_MS_MAX = 60_000

/** `troupe gateway`, running. */
class Run {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<number | null>

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [program, 'gateway', ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    child.stdin.on('error', () => {})
    this.child = child
    this.ended = once(child, 'close').then(([code]) => code as number | null)
  }

  async url(): Promise<string> {
    await until(
      () => /listening on (\S+)/.test(this.stderr) || this.child.exitCode !== null,
      `a listener, not ${this.stderr}`,
      RUN_MS_MAX,
    )
    return /listening on (\S+)/.exec(this.stderr)![1]!
  }

  async printed(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.stdout), `${pattern} in ${this.stdout}`, RUN_MS_MAX)
  }
}

const anyPort = ['--listen', 'tcp://127.0.0.1:0', '--threads', '1']

describe('troupe gateway', { timeout: RUN_MS_MAX }, () => {
  it('prints what controllers and devices do, and ends in order when it is interrupted', async () => {
    const run = new Run(anyPort)
    const controller = await RawController.login(await run.url(), 0x10c)
    controller.announce(true, { brightness: 40, colorMode: 20 })
    await run.printed(/device 12: on, brightness 40, white 20\n/)
    controller.announce(false)
    await run.printed(/device 12: off/)
    run.child.kill('SIGINT')
    expect(await run.ended).toBe(0)
    await controller.closed()
    expect(run.stdout).toMatch(/^controller 268: connected\n/)
    expect(run.stdout).toMatch(/controller 268: gone, \w+\n$/)
  })

  it('carries out commands of standard input, a result a line, and ends with them; totals stand at the end', async () => {
    const run = new Run([...anyPort, '--commands', '--json'])
    const controller = await RawController.login(await run.url(), 0x10c)
    controller.onRequest = (request, self) => {
      taking(request, self)
      self.announce(true)
    }
    run.child.stdin!.end('# a comment\npower 12 on confirm\n\ngroup 3 brightness 40\nbrightness 12 900\npaint 12 red\n')
    expect(await run.ended).toBe(1) // two lines are none
    const lines = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const totals = lines.pop()
    const byLine = lines.toSorted((one, other) => Number(one.line) - Number(other.line))
    expect(byLine).toEqual([
      expect.objectContaining({ line: 2, command: 'power 12 on confirm', state: 'done', isConfirmed: true }),
      expect.objectContaining({ line: 4, command: 'group 3 brightness 40', state: 'done' }),
      expect.objectContaining({ line: 5, error: 'invalid-packet' }),
      expect.objectContaining({ line: 6, error: 'invalid-line' }),
    ])
    expect(totals).toMatchObject({ controllers: { online: 1 }, commands: { given: 2, done: 2 } })
  })

  it('ends when its time is over', async () => {
    const run = new Run([...anyPort, '--seconds', '1', '--json', '--homes', 'by-id', '--time-zone', 'Europe/Berlin'])
    expect(await run.ended).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ controllers: { online: 0 }, commands: { given: 0 } })
  })

  it('serves over TLS with the certificate it is given', async () => {
    const files = ['--tls-cert', pem('device'), '--tls-key', pem('device-key')]
    const run = new Run(['--listen', 'tls://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0', '--threads', '1', ...files])
    const controller = await RawController.login(await run.url(), 0x101)
    expect(controller.received[0]).toMatchObject({ status: 0 })
    await until(() => run.stderr.split('listening on').length === 3, 'both endpoints')
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
  })

  it('ends when nobody reads what it prints', async () => {
    const run = new Run(anyPort)
    const url = await run.url()
    run.child.stdout!.destroy()
    await RawController.login(url, 0x10c)
    expect(await run.ended).toBe(0)
  })

  it.each([
    [
      ['--listen', 'tcp://203.0.113.1:1'],
      1,
      /^troupe gateway: cannot listen on tcp:\/\/203\.0\.113\.1:1: .*EADDRNOTAVAIL.*\n$/,
    ],
    [
      ['--listen', 'tls://127.0.0.1:0', '--tls-cert', pem('server'), '--tls-key', program],
      1,
      /^troupe gateway: .* must be a private key .*\n$/,
    ],
    [
      ['--listen', 'tls://127.0.0.1:0', '--tls-cert', '/no/such.pem', '--tls-key', '/no/such.pem'],
      2,
      /^UsageError: --tls-cert: cannot read .*\n$/,
    ],
    [[...anyPort, '--tls-key', pem('server-key')], 2, /^UsageError: --tls-key .* must have a --listen tls:.*\n$/],
    [[...anyPort, '--outbox', program], 1, /^troupe gateway: .*EEXIST.*\n$/],
  ])('says in one line, and no other, what is wrong with %j', async (args, code, line) => {
    const run = new Run(args)
    expect(await run.ended).toBe(code)
    expect(run.stderr).toMatch(line)
  })

  it.each([
    [['--listen', 'nowhere'], 2, 'must look like'],
    [['--listen', 'tls://127.0.0.1:0'], 2, '--tls-cert'],
    [['--listen', 'udp://127.0.0.1:0'], 2, 'takes tcp, tls and unix'],
    [['--threads', '0'], 2, '--threads must be'],
    [['--seconds', 'x'], 2, '--seconds must be'],
    [['--homes', 'many'], 2, 'one, by-id'],
    [[...anyPort, '--time-zone', 'Nowhere'], 2, '--time-zone must be'],
    [['--listen', 'tls://127.0.0.1:0', '--tls-cert', pem('server'), '--tls-key', pem('server-key')], 1, 'must be RSA'],
  ])('says what is wrong with %j', async (args, code, text) => {
    const run = new Run(args)
    expect(await run.ended).toBe(code)
    expect(run.stderr).toContain(text)
  })
})

describe('a line of commands', () => {
  const lamp = { kind: 'device', meshAddress: 12 }
  it.each([
    ['power 12 on', { to: lamp, command: { kind: 'power', isOn: true } }],
    ['  power   0x0c off confirm ', { to: lamp, command: { kind: 'power', isOn: false }, confirm: true }],
    ['brightness 12 40', { to: lamp, command: { kind: 'brightness', brightness: 40 } }],
    ['white 12 0', { to: lamp, command: { kind: 'white', temperature: 0 } }],
    ['rgb 12 255 0 7', { to: lamp, command: { kind: 'rgb', rgb: [255, 0, 7] } }],
    ['show 12 candle', { to: lamp, command: { kind: 'light-show', show: 'candle' } }],
    ['fade 12 33.5 2000', { to: lamp, command: { kind: 'fade', brightness: 33.5, durationMs: 2_000 } }],
    ['group 3 power on', { to: { kind: 'group', group: 3 }, command: { kind: 'power', isOn: true } }],
    ['all power off', { to: { kind: 'broadcast' }, command: { kind: 'power', isOn: false } }],
    ['home 7 power 12 on', { to: { ...lamp, home: '7' }, command: { kind: 'power', isOn: true } }],
    ['controller 257 power on', { to: { kind: 'controller', deviceId: 257 }, command: { kind: 'power', isOn: true } }],
    ['query', { command: { kind: 'mesh-query' } }],
    ['home 7 query', { command: { kind: 'mesh-query' }, to: { kind: 'broadcast', home: '7' } }],
  ])('%j is understood', (line, request) => {
    expect(parseCommandLine(line)).toEqual(request)
  })

  it.each([
    ['foo', "there is no verb 'foo'"],
    ['paint 12 red', "there is no verb 'paint'"],
    ['power', 'a mesh address is missing'],
    ['power 12 maybe', "'maybe' must be one of on, off"],
    ['group x power on', "the number of a group must be a number, got 'x'"],
  ])('%j is refused: %s', (line, text) => {
    expect(() => parseCommandLine(line)).toThrow(text)
  })

  it.each([
    '',
    'power',
    'power on',
    'power 12',
    'power 12 maybe',
    'rgb 12 1 2',
    'power 12 on now',
    'paint 12 red',
    'group x power on',
  ])('%j is refused, and says how one is written', (line) => {
    expect(() => parseCommandLine(line)).toThrow(/a command is \[home H\]/)
  })
})
