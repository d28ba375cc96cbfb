import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RawPeer, rawServer } from '../../support/raw-peer.ts'
import { until } from '../../support/until.ts'

const program = createRequire(import.meta.url).resolve('#actors/cli/main')
const pem = (name: string): string => new URL(`../../fixtures/tls/${name}.pem`, import.meta.url).pathname
/** Far above what a run takes; what is still running then hangs. Milliseconds. */
const RUN_MS_MAX = 60_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-streams-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The program `troupe`, running. */
class Run {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<number | null>

  constructor(args: readonly string[], input?: string) {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    child.stdin.on('error', () => {})
    if (input !== undefined) child.stdin.end(input)
    this.child = child
    this.ended = once(child, 'close').then(([code]) => code as number | null)
  }

  /** Of `listen`: where. */
  async url(): Promise<string> {
    await this.told(/listening on (\S+)/)
    return /listening on (\S+)/.exec(this.stderr)![1]!
  }

  async told(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.stderr) || this.child.exitCode !== null,
      `${pattern} in ${this.stderr}`,
      RUN_MS_MAX,
    )
    expect(this.stderr).toMatch(pattern)
  }

  async printed(lines: number): Promise<void> {
    await until(() => this.stdout.split('\n').length > lines, `${lines} lines`, RUN_MS_MAX)
  }
}

const troupe = (...args: string[]): Run => new Run(args)
const troupeWith = (input: string, ...args: string[]): Run => new Run(args, input)

describe('troupe send, listen and receive', { timeout: RUN_MS_MAX }, () => {
  it('bring each line of standard input to a listener, which answers with it; both count', async () => {
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--echo', '--show-peer', '--count', '3')
    const sender = troupeWith('one\n\nthree', 'send', await listener.url())
    expect([await sender.ended, await listener.ended]).toEqual([0, 0])
    expect(sender.stdout).toBe('one\n\nthree\n')
    expect(listener.stdout).toMatch(/^1\t127\.0\.0\.1:\d+\tone\n1\t127\.0\.0\.1:\d+\t\n1\t127\.0\.0\.1:\d+\tthree\n$/)
    expect(sender.stderr).toMatch(/^received 3 messages {2}8 B .* {3}sent 3 messages {2}8 B .*\n$/)
    expect(listener.stderr).toMatch(/\nreceived 3 messages .* {3}sent 3 messages .*\n$/)
  })

  it('bring the lines of a file to all who connect, and print objects with their place in the stream', async () => {
    const file = join(folder, 'lines.json')
    writeFileSync(file, '{"a":1}\n[2,"x"]\n')
    const listener = troupe('listen', `unix://${join(folder, 'lines.sock')}`, '--codec', 'msgpack', '--send', file)
    const receiver = troupe('receive', await listener.url(), '--codec', 'msgpack', '--json', '--count', '2')
    expect(await receiver.ended).toBe(0)
    const lines = receiver.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ connection: 1, index: 0, offset: 0, value: { a: 1 } }),
      expect.objectContaining({ connection: 1, index: 1, value: [2, 'x'] }),
    ])
    expect(receiver.stderr).toMatch(/\{"total":\{"connections":\d,"received":\{"messages":2,/)
    listener.child.kill('SIGINT')
    expect(await listener.ended).toBe(0)
  })

  it('send and print hexadecimal digits of a frame with a type', async () => {
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--framing', 'tlv', '--codec', 'raw', '--count', '2')
    const url = await listener.url()
    const sender = troupe(
      'send',
      url,
      '00 ff',
      '--framing',
      'tlv',
      '--codec',
      'raw',
      '--type',
      '0x102',
      '--repeat',
      '2',
    )
    expect([await sender.ended, await listener.ended]).toEqual([0, 0])
    expect(listener.stdout).toBe('258\t00ff\n258\t00ff\n')
  })

  it('take values of a schema, and stop at a line that is none, naming it', async () => {
    const schema = join(folder, 'schema.json')
    writeFileSync(schema, '{ "struct": { "id": "u64", "data": { "vec": "u8" } } }')
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--codec', 'deli', '--schema', schema, '--count', '1')
    const url = await listener.url()
    const sender = troupeWith('{"id":"7","data":"abcd"}\n{"id":7', 'send', url, '--codec', 'deli', '--schema', schema)
    expect([await sender.ended, await listener.ended]).toEqual([1, 0])
    expect(listener.stdout).toBe('{"id":"7","data":"abcd"}\n')
    expect(sender.stderr).toContain('troupe send: line 2, column 8: this is no JSON value\n')
  })

  it('end in order at Ctrl-C, with the totals', async () => {
    const listener = troupe('listen', 'tcp://127.0.0.1:0')
    const url = await listener.url()
    const peer = await RawPeer.connect(url)
    peer.say('hello')
    await listener.printed(1)
    listener.child.kill('SIGINT')
    expect(await listener.ended).toBe(0)
    expect(peer.hasEnded).toBe(true)
    expect(listener.stderr).toMatch(/\nreceived 1 message {2}5 B .*\n$/)
  })

  it('end well when nobody wants to read on', async () => {
    const { url, close } = await rawServer((peer) => {
      const feed = (): void => {
        while (peer.socket.writable && peer.socket.write(Buffer.alloc(65_536)));
      }
      peer.socket.on('drain', feed)
      feed()
    })
    onTestFinished(close)
    const receiver = troupe('receive', url)
    await receiver.printed(1)
    receiver.child.stdout!.destroy()
    expect(await receiver.ended).toBe(0)
  })

  it('read their input no faster than the peer takes it', async () => {
    const peers: RawPeer[] = []
    const { url, close } = await rawServer((peer) => {
      peers.push(peer)
      peer.socket.pause()
    })
    onTestFinished(close)
    const sender = troupe('send', url, '--json')
    let pulled = 0
    // Far more than everything in between holds.
    const lines = Readable.from(
      (function* () {
        for (; pulled < 400; pulled++) yield `${'.'.repeat(99_999)}\n`
      })(),
    )
    lines.pipe(sender.child.stdin!)
    const stalled = (): boolean => {
      const [before, last] = Array.from(sender.stderr.matchAll(/"sent":\{"messages":(\d+)/g), ([, n]) => n).slice(-2)
      return last !== undefined && last !== '0' && before === last
    }
    await until(stalled, 'two samples with the same count', RUN_MS_MAX)
    expect(pulled).toBeLessThan(400)
    peers[0]!.socket.resume()
    expect(await sender.ended).toBe(0)
    expect(sender.stderr).toContain('"sent":{"messages":400,"bytes":39999600,')
    expect(peers[0]!.messages.length).toBe(400)
  })

  it('carry a large message whole, and refuse one that is too large', async () => {
    const file = join(folder, 'large.txt')
    writeFileSync(file, 'x'.repeat(3_000_000))
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--count', '1')
    const url = await listener.url()
    const small = troupe('send', url, '--file', file, '--max-bytes', '1MiB')
    expect(await small.ended).toBe(1)
    expect(small.stderr).toContain('troupe send: a message of 3000000 bytes is too large to send, limit 1048576\n')
    expect(await troupe('send', url, '--file', file).ended).toBe(0)
    expect(await listener.ended).toBe(0)
    expect(listener.stdout.length).toBe(3_000_001)
  })

  it('tell where a peer sends what cannot be cut, and a listener goes on', async () => {
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--max-bytes', '10', '--count', '2')
    const url = await listener.url()
    const bad = await RawPeer.connect(url)
    bad.say('good')
    bad.say('far too long')
    await bad.closed
    const cut = await RawPeer.connect(url)
    cut.socket.end(Uint8Array.of(9, 0, 0))
    await cut.closed
    const good = await RawPeer.connect(url)
    good.say('still')
    expect(await listener.ended).toBe(1)
    expect(listener.stdout).toBe('good\nstill\n')
    expect(listener.stderr).toContain('troupe listen: message at stream position 8 promises 12 bytes, limit 10\n')
    expect(listener.stderr).toContain('begins at stream offset 0, and 3 bytes of it are there\n')
    good.socket.destroy()
  })

  it('take the whole stream for one message without framing', async () => {
    const listener = troupe('listen', 'tcp://127.0.0.1:0', '--framing', 'none', '--count', '1')
    const url = await listener.url()
    expect(await troupeWith('a\nb\n', 'send', url, '--framing', 'none').ended).toBe(0)
    expect(await listener.ended).toBe(0)
    expect(listener.stdout).toBe('ab\n')
  })

  it('speak TLS, and say what is wrong with a certificate', async () => {
    const secure = (name: string): string => `tls://127.0.0.1:0?certFile=${pem(name)}&keyFile=${pem(`${name}-key`)}`
    const expired = troupe('listen', secure('expired'))
    expect(await expired.ended).toBe(1)
    expect(expired.stderr).toMatch(/^troupe listen: the certificate in \S+expired\.pem expired on .*\n$/)
    const listener = troupe('listen', secure('server'), '--count', '1')
    const [url] = (await listener.url()).split('?')
    const stranger = troupe('send', url!, 'hello')
    expect(await stranger.ended).toBe(1)
    expect(stranger.stderr).toMatch(/^troupe send: connection to \S+ unable to .* certificate/)
    expect(await troupe('send', `${url}?caFile=${pem('ca')}`, 'hello').ended).toBe(0)
    expect(await listener.ended).toBe(0)
    expect(listener.stdout).toBe('hello\n')
  })

  it('say in one line that a port is in use, and that nobody listens', async () => {
    const { url, server, close } = await rawServer(() => {})
    onTestFinished(close)
    const second = troupe('listen', url)
    expect(await second.ended).toBe(1)
    expect(second.stderr).toMatch(/^troupe listen: cannot listen on \S+: listen EADDRINUSE.*\n$/)
    await new Promise((resolve) => server.close(resolve))
    const sender = troupe('send', url, 'hello')
    expect(await sender.ended).toBe(1)
    expect(sender.stderr).toMatch(/^troupe send: connection to \S+ connect ECONNREFUSED.*\n$/)
  })

  it('say that a connection was broken', async () => {
    const { url, close } = await rawServer((peer) => peer.socket.once('data', () => peer.socket.resetAndDestroy()))
    onTestFinished(close)
    const sender = troupe('send', url)
    sender.child.stdin!.write('hello\n')
    expect(await sender.ended).toBe(1)
    expect(sender.stderr).toMatch(/^troupe send: connection to \S+ .*ECONNRESET\n/)
  })

  it('try again with --reconnect, as long as it takes', async () => {
    const { url, server, close } = await rawServer(() => {})
    const { port } = server.address() as { port: number }
    close()
    const receiver = troupe('receive', url, '--reconnect', '--count', '2')
    await receiver.told(/ECONNREFUSED.*; trying again/)
    let connections = 0
    const late = createServer((socket) => {
      const peer = new RawPeer(socket)
      peer.say(`connection ${++connections}`)
      if (connections === 1) socket.end()
    })
    onTestFinished(() => void late.close())
    late.listen(port, '127.0.0.1')
    expect(await receiver.ended).toBe(0)
    expect(receiver.stdout).toBe('connection 1\nconnection 2\n')
  })

  it.each([
    [['send', 'udp://127.0.0.1:1', 'x'], 'UsageError: udp://127.0.0.1:1: troupe send takes tcp, tls and unix'],
    [['listen', 'localhost'], "UsageError: endpoint 'localhost'"],
    [
      ['send', 'tcp://127.0.0.1:1', 'x', '--type', '1'],
      "--type goes with --framing tlv and packet, got 'length-prefix'",
    ],
    [['send', 'tcp://127.0.0.1:1', 'x', '--framing', 'packet', '--type', '256'], 'from 0 to 255, got'],
    [['send', 'tcp://127.0.0.1:1', 'x', '--repeat', '0'], '--repeat must be a whole number from 1'],
    [['receive', 'tcp://127.0.0.1:1', '--codec', 'deli'], '--codec deli needs --schema FILE'],
    [['receive'], "missing required argument 'endpoint'"],
  ])('end with 2 when called wrongly: %j', async (args, text) => {
    const run = troupe(...args)
    expect(await run.ended).toBe(2)
    expect(run.stderr).toContain(text)
  })
})
