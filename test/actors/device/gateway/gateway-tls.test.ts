import { execFile, execFileSync } from 'node:child_process'
import { connect } from 'node:tls'
import { DEVICE_CIPHERS, serveCync } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedSystem } from '../../../support/shared-system.ts'
import { RawController } from './raw-controller.ts'

const pem = (name: string): string => new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url).pathname
const system = sharedSystem({ threads: 1 })
/** The only suites that every device was seen to offer. */
const suites = ['AES256-SHA256', 'AES128-SHA256', 'AES256-SHA', 'AES128-SHA']

function tlsUrl(certificate: string, host = '127.0.0.1'): string {
  return `tls://${host}:0?certFile=${pem(certificate)}&keyFile=${pem(`${certificate}-key`)}`
}

async function serve(): Promise<{ readonly url: string; readonly port: number }> {
  const gateway = serveCync(system(), tlsUrl('device'))
  await gateway.ready()
  onTestFinished(() => system().stop(gateway))
  const [url] = await gateway.ask.endpoints()
  return { url: url!, port: Number(new URL(url!.replace('tls:', 'http:')).port) }
}

function hasOpenssl(): boolean {
  try {
    return /^OpenSSL/.test(execFileSync('openssl', ['version'], { encoding: 'utf8' }))
  } catch {
    return false
  }
}

describe('a gateway with a certificate', { timeout: 30_000 }, () => {
  it.each(suites)('takes a client of TLS 1.2 that offers %s and nothing else, and names no server', async (suite) => {
    const { port } = await serve()
    const socket = connect({
      ...{ host: '127.0.0.1', port, rejectUnauthorized: false },
      ...{ ciphers: `${suite}:@SECLEVEL=0`, maxVersion: 'TLSv1.2' },
    })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    expect([socket.getCipher().name, socket.getProtocol()]).toEqual([suite, 'TLSv1.2'])
    socket.destroy()
  })

  it.skipIf(!hasOpenssl()).each(suites)('takes the client of OpenSSL with %s, without a server name', async (suite) => {
    const { port } = await serve()
    const login = Buffer.from('230000001a03000001010010303132333435363738396162636465660000', 'hex')
    const args = [
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      '-tls1_2',
      '-cipher',
      `${suite}:@SECLEVEL=0`,
      '-noservername',
    ]
    const output = await new Promise<string>((resolve) => {
      const child = execFile('openssl', [...args, '-quiet', '-no_ign_eof'], { encoding: 'latin1' }, (_error, stdout) =>
        resolve(stdout),
      )
      child.stdin!.write(Buffer.concat([login, Uint8Array.of(0x3c)]))
      child.stdout!.once('data', () => child.stdin!.end('Q\n'))
    })
    // The welcome, over the one suite that was offered.
    expect(Buffer.from(output, 'latin1').toString('hex')).toContain('28000000020000')
  })

  it('serves a controller over it', async () => {
    const { url } = await serve()
    const controller = await RawController.login(url, 0x101)
    expect(controller.received[0]).toMatchObject({ type: 'device-login-reply', status: 0 })
  })

  it('says so when devices could not use its key', async () => {
    const gateway = serveCync(system(), tlsUrl('server'), { spawn: { restart: 'temporary' } })
    await expect(gateway.ready()).rejects.toThrow(/must be RSA/)
  })

  it('names the suites of devices in its endpoint, unless others were given', async () => {
    const { url } = await serve()
    expect(new URL(url.replace('tls:', 'http:')).searchParams.get('ciphers')).toBe(DEVICE_CIPHERS)
    const gateway = serveCync(system(), `${tlsUrl('device')}&ciphers=AES128-SHA`)
    await gateway.ready()
    onTestFinished(() => system().stop(gateway))
    expect((await gateway.ask.endpoints())[0]).toMatch(/ciphers=AES128-SHA$/)
  })
})
