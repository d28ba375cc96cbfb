import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { dial, listen } from 'troupe/actors'
import { afterAll, describe, expect, it } from 'vitest'
import { Collector, Echo, Talker } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'

const directory = mkdtempSync(join(tmpdir(), 'troupe-listener-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const pem = (name: string): string => new URL(`../../fixtures/tls/${name}.pem`, import.meta.url).pathname
const tlsListening = (name: string, more = ''): string =>
  `tls://127.0.0.1:0?certFile=${pem(name)}&keyFile=${pem(`${name}-key`)}${more}`
/** The endpoint that a client dials, of one that a server listens on. */
const tlsDialling = (url: string, more = ''): string => `${url.split('?')[0]}?caFile=${pem('ca')}${more}`

describe('a listener', () => {
  const system = sharedSystem({ threads: 1 })

  it('says which port the operating system has chosen', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    expect(await listener.ask.endpoint()).toMatch(/^tcp:\/\/127\.0\.0\.1:\d{4,5}$/)
  })

  it('is not ready, and says why, where the port is in use', async () => {
    const first = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const url = await first.ask.endpoint()
    const second = listen(system(), Echo, url, [])
    await expect(second.ready()).rejects.toThrow(`cannot listen on ${url}: listen EADDRINUSE: address already in use`)
  })

  it('refuses options that are misspelt or out of range, and endpoints without connections', async () => {
    const misspelt = listen(system(), Echo, 'tcp://127.0.0.1:0', [], { conectionsMax: 3 } as object)
    await expect(misspelt.ready()).rejects.toThrow(
      "listen: unknown option 'conectionsMax'; known options: addressConnectionsMax",
    )
    const none = listen(system(), Echo, 'tcp://127.0.0.1:0', [], { connectionsMax: 0 })
    await expect(none.ready()).rejects.toThrow(
      'connectionsMax must be a whole number from 1 to 1000000 connections, got 0',
    )
    const datagrams = listen(system(), Echo, 'udp://127.0.0.1:0', [])
    await expect(datagrams.ready()).rejects.toThrow('datagrams have no connections to listen for')
  })

  it('closes connections beyond its limits at once, and counts them', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [], { connectionsMax: 2 })
    const url = await listener.ask.endpoint()
    const inside = await Promise.all([RawPeer.connect(url), RawPeer.connect(url)])
    const outside = await RawPeer.connect(url)
    await outside.closed
    await eventually(async () =>
      expect((await listener.ask.statistics()).refusedCounts).toEqual({ 'connections-max': 1, 'address-max': 0 }),
    )
    inside[0]?.socket.end()
    await eventually(async () => expect(await listener.ask.connectionCount()).toBe(1))
    const next = await RawPeer.connect(url)
    next.say('in')
    await eventually(() => expect(next.messages).toEqual(['in']))
    for (const { socket } of [...inside, next]) socket.destroy()
  })

  it('limits connections from one address', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [], { addressConnectionsMax: 1 })
    const url = await listener.ask.endpoint()
    const first = await RawPeer.connect(url)
    const second = await RawPeer.connect(url)
    await second.closed
    const other = await RawPeer.connect(url, { localAddress: '127.0.0.2' })
    other.say('other')
    await eventually(() => expect(other.messages).toEqual(['other']))
    expect((await listener.ask.statistics()).refusedCounts).toEqual({ 'connections-max': 0, 'address-max': 1 })
    for (const { socket } of [first, other]) socket.destroy()
  })

  it('shows its connections with what their links have done, by the path of their actor', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    peer.say('hello')
    await eventually(() => expect(peer.messages).toEqual(['hello']))
    const [connection] = await listener.ask.connections()
    expect(connection).toMatchObject({ remote: `127.0.0.1:${peer.socket.localPort}`, address: '127.0.0.1' })
    const statistics = await listener.ask.linkStatistics()
    expect(statistics[connection?.id ?? '']).toMatchObject({
      receivedMessages: 1,
      receivedBytes: 9,
      sentMessages: 1,
      sentBytes: 9,
    })
    expect(connection?.ref.path).toBe(connection?.id)
    expect(await connection?.ref.ask.linkStatistics()).toEqual(statistics[connection?.id ?? ''])
    peer.socket.destroy()
  })

  it('accepts no more when it closes, and lets its connections send what they have', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const url = await listener.ask.endpoint()
    const peer = await RawPeer.connect(url)
    peer.say('last')
    await eventually(() => expect(peer.messages).toEqual(['last']))
    expect(await listener.ask.close()).toBe(0)
    expect(peer.hasEnded).toBe(true)
    await expect(RawPeer.connect(url)).rejects.toThrow('ECONNREFUSED')
  })

  it('cuts off who does not end within the grace', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const peer = await RawPeer.connect(await listener.ask.endpoint(), { allowHalfOpen: true })
    await eventually(async () => expect(await listener.ask.connectionCount()).toBe(1))
    expect(await listener.ask.close(50)).toBe(1)
    peer.socket.destroy()
  })

  it('takes 1,000 connections that come at once', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const url = await listener.ask.endpoint()
    const peers = await Promise.all(Array.from({ length: 1_000 }, () => RawPeer.connect(url)))
    for (const [index, peer] of peers.entries()) peer.say(String(index))
    await eventually(() => expect(peers.every(({ messages }, index) => messages[0] === String(index))).toBe(true))
    expect(await listener.ask.connectionCount()).toBe(1_000)
    for (const { socket } of peers) socket.end()
    await eventually(async () => expect(await listener.ask.connectionCount()).toBe(0))
  })
})

describe('a listener on a Unix socket', () => {
  const system = sharedSystem({ threads: 1 })

  it('carries messages, and removes the file when it closes', async () => {
    const path = join(directory, 'plain.sock')
    const listener = listen(system(), Echo, `unix://${path}`, [])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    peer.say('hello')
    await eventually(() => expect(peer.messages).toEqual(['hello']))
    peer.socket.end()
    await listener.ask.close()
    await eventually(() => expect(existsSync(path)).toBe(false))
  })

  it('gives the file mode 0660, or the one that it was told', async () => {
    const [usual, told] = [join(directory, 'usual.sock'), join(directory, 'told.sock')]
    await listen(system(), Echo, `unix://${usual}`, []).ready()
    await listen(system(), Echo, `unix://${told}?mode=0600`, []).ready()
    expect((statSync(usual).mode & 0o777).toString(8)).toBe('660')
    expect((statSync(told).mode & 0o777).toString(8)).toBe('600')
  })

  it('replaces a file that a crash has left', async () => {
    const path = join(directory, 'stale.sock')
    // Listens, and is killed: nobody removes the file.
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`
    const child = spawn(process.execPath, ['-e', program])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(existsSync(path)).toBe(true)
    const listener = listen(system(), Echo, `unix://${path}`, [])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    peer.say('new')
    await eventually(() => expect(peer.messages).toEqual(['new']))
    peer.socket.destroy()
  })

  it('leaves a file alone that somebody answers on', async () => {
    const path = join(directory, 'taken.sock')
    await listen(system(), Echo, `unix://${path}`, []).ready()
    const second = listen(system(), Echo, `unix://${path}`, [])
    await expect(second.ready()).rejects.toThrow(`cannot listen on unix://${path}: listen EADDRINUSE`)
    const peer = await RawPeer.connect(`unix://${path}`)
    peer.socket.destroy()
  })

  it('leaves a file alone that is no socket', async () => {
    const path = join(directory, 'file.txt')
    writeFileSync(path, 'precious')
    const listener = listen(system(), Echo, `unix://${path}`, [])
    await expect(listener.ready()).rejects.toThrow('EADDRINUSE')
    expect(existsSync(path)).toBe(true)
  })

  it('says that a directory does not exist', async () => {
    const path = join(directory, 'nowhere', 'x.sock')
    const listener = listen(system(), Echo, `unix://${path}`, [])
    await expect(listener.ready()).rejects.toThrow(`cannot listen on unix://${path}: listen EACCES`)
  })

  it.runIf(process.platform === 'linux')('needs no file for an abstract name', async () => {
    const listener = listen(system(), Echo, `unix://@troupe-test-${process.pid}`, [])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    peer.say('abstract')
    await eventually(() => expect(peer.messages).toEqual(['abstract']))
    peer.socket.destroy()
  })
})

describe('a listener with TLS', () => {
  const system = sharedSystem({ threads: 1 })

  it('carries messages to clients that trust its authority', async () => {
    const listener = listen(system(), Echo, tlsListening('server'), [])
    const collector = system().spawn(Collector, [])
    const talker = dial(system(), Talker, tlsDialling(await listener.ask.endpoint()), [collector])
    await talker.ask.say('secret')
    await talker.ask.say('x'.repeat(100_000))
    await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['secret', '100000 bytes']))
    talker.tell.endLink()
    await eventually(async () => expect(await listener.ask.connectionCount()).toBe(0))
  })

  it('is not trusted by a client that does not know its authority', async () => {
    const listener = listen(system(), Echo, tlsListening('server'), [])
    const url = (await listener.ask.endpoint()).split('?')[0] as string
    const collector = system().spawn(Collector, [])
    const talker = dial(system(), Talker, url, [collector], { restart: 'temporary' })
    await expect(talker.ready()).rejects.toThrow(
      /start-failed: UnreachableError: connection to tls:\/\/127\.0\.0\.1:\d+: unable to (verify the first|get local issuer) certificate/,
    )
    await eventually(async () => expect((await listener.ask.statistics()).openCount).toBe(0))
  })

  it('lets only clients with a certificate in, where it has an authority for them', async () => {
    const listener = listen(system(), Echo, tlsListening('server', `&caFile=${pem('ca')}`), [])
    const url = await listener.ask.endpoint()
    const collector = system().spawn(Collector, [])
    const certificate = `&certFile=${pem('client')}&keyFile=${pem('client-key')}`
    const known = dial(system(), Talker, tlsDialling(url, certificate), [collector])
    await known.ask.say('known')
    await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['known']))
    dial(system(), Talker, tlsDialling(url), [collector], { restart: 'temporary' })
    await eventually(async () => expect((await listener.ask.statistics()).handshakesFailedCount).toBe(1))
    known.tell.endLink()
  })

  it('refuses to listen with a certificate that has expired, naming file and date', async () => {
    const listener = listen(system(), Echo, tlsListening('expired'), [])
    await expect(listener.ready()).rejects.toThrow(/the certificate in .*expired\.pem expired on \w+/)
  })

  it('refuses files that are not there, or hold no certificate', async () => {
    const missing = listen(system(), Echo, `tls://127.0.0.1:0?certFile=/none.pem&keyFile=/none-key.pem`, [])
    await expect(missing.ready()).rejects.toThrow("ENOENT: no such file or directory, open '/none.pem'")
    const noCertificate = listen(
      system(),
      Echo,
      `tls://127.0.0.1:0?certFile=${pem('server-key')}&keyFile=${pem('server-key')}`,
      [],
    )
    await expect(noCertificate.ready()).rejects.toThrow('server-key.pem holds no certificate in PEM form')
    const without = listen(system(), Echo, 'tls://127.0.0.1:0', [])
    await expect(without.ready()).rejects.toThrow('certFile and keyFile are needed to listen')
  })

  it('shows a renewed certificate to new connections, and keeps the old ones', async () => {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const install = (name: string): void => {
      copyFileSync(pem(name), cert)
      copyFileSync(pem(`${name}-key`), key)
    }
    install('server')
    const listener = listen(system(), Echo, `tls://127.0.0.1:0?certFile=${cert}&keyFile=${key}`, [])
    const url = await listener.ask.endpoint()
    const old = await secureClient(url)
    install('renewed')
    await listener.ask.reloadCertificates()
    const renewed = await secureClient(url)
    install('expired')
    expect((await listener.ask.reloadCertificates())?.message).toContain('expired on')
    const kept = await secureClient(url)
    expect([old, renewed, kept].map((socket) => socket.getPeerCertificate().subject.CN)).toEqual([
      'localhost',
      'localhost renewed',
      'localhost renewed',
    ])
    const peer = new RawPeer(old)
    peer.say('still')
    await eventually(() => expect(peer.messages).toEqual(['still']))
    for (const socket of [old, renewed, kept]) socket.destroy()
  })

  it('is not held up by a client that says nothing, and gives it up after a time', async () => {
    const listener = listen(system(), Echo, tlsListening('server'), [], { handshakeTimeoutMs: 300 })
    const url = await listener.ask.endpoint()
    const silent = await RawPeer.connect(url.split('?')[0]?.replace('tls', 'tcp') ?? '')
    const spoken = await secureClient(url)
    const peer = new RawPeer(spoken)
    peer.say('first')
    await eventually(() => expect(peer.messages).toEqual(['first']))
    expect(silent.socket.destroyed).toBe(false)
    await silent.closed
    await eventually(async () => expect((await listener.ask.statistics()).handshakesFailedCount).toBe(1))
    spoken.destroy()
  })

  it('survives garbage instead of a handshake', async () => {
    const listener = listen(system(), Echo, tlsListening('server'), [])
    const url = await listener.ask.endpoint()
    const garbage = await RawPeer.connect(url.split('?')[0]?.replace('tls', 'tcp') ?? '')
    garbage.socket.write(Buffer.alloc(1_000, 'garbage '))
    await garbage.closed
    await eventually(async () => expect((await listener.ask.statistics()).handshakesFailedCount).toBe(1))
  })

  it.runIf(hasOpenssl())('speaks with openssl', async () => {
    const listener = listen(system(), Echo, tlsListening('server', '&minVersion=TLSv1.3'), [])
    const port = new URL((await listener.ask.endpoint()).replace('tls', 'https')).port
    const message = Buffer.concat([Uint8Array.of(5, 0, 0, 0), Buffer.from('hello')])
    const child = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, '-CAfile', pem('ca')])
    child.stdin.write(message)
    const answer = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
    expect(answer.equals(message)).toBe(true)
    child.kill()
  })
})

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

async function secureClient(url: string): Promise<TLSSocket> {
  const { port } = new URL(url.replace('tls', 'https'))
  const socket = connectTls({ host: '127.0.0.1', port: Number(port), ca: readFileSync(pem('ca')) })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}
