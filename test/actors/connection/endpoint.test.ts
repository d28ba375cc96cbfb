import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Endpoint,
  type EndpointOptions,
  formatEndpoint,
  isMulticast,
  resolveEndpoint,
} from '#actors/connection/endpoint'
import { socketPath, socketPathBytesMax } from '#actors/connection/socket-path'

describe('resolveEndpoint', () => {
  it.each<[string, Endpoint]>([
    ['tcp://localhost:7000', { protocol: 'tcp', host: 'localhost', port: 7000 }],
    ['TCP://Example.ORG:0', { protocol: 'tcp', host: 'example.org', port: 0 }],
    ['tcp://127.0.0.1:65535', { protocol: 'tcp', host: '127.0.0.1', port: 65_535 }],
    ['tcp://[::1]:80', { protocol: 'tcp', host: '::1', port: 80 }],
    ['tcp://[2001:DB8:0:0::0001]:80', { protocol: 'tcp', host: '2001:db8::1', port: 80 }],
    ['tcp://[fe80::1%25eth0]:80', { protocol: 'tcp', host: 'fe80::1%eth0', port: 80 }],
    ['tls://a.b-c_d.example:443', { protocol: 'tls', host: 'a.b-c_d.example', port: 443, minVersion: 'TLSv1.2' }],
    [
      'tls://10.0.0.1:443?minVersion=TLSv1.3&serverName=hub.example&certFile=/etc/c.pem&keyFile=/etc/k%20y.pem&caFile=/ca',
      {
        protocol: 'tls',
        host: '10.0.0.1',
        port: 443,
        minVersion: 'TLSv1.3',
        serverName: 'hub.example',
        certFile: '/etc/c.pem',
        keyFile: '/etc/k y.pem',
        caFile: '/ca',
      },
    ],
    ['unix:///run/hub.sock', { protocol: 'unix', path: '/run/hub.sock', mode: 0o660 }],
    ['unix:///run/a%3Fb%20c?mode=0600', { protocol: 'unix', path: '/run/a?b c', mode: 0o600 }],
    ['unix:///run/hub.sock?mode=777', { protocol: 'unix', path: '/run/hub.sock', mode: 0o777 }],
    ['unix://@hub', { protocol: 'unix', path: '@hub' }],
    ['udp://192.168.1.5:5000', { protocol: 'udp', host: '192.168.1.5', port: 5000, ttl: 64 }],
    ['udp://239.1.2.3:5000', { protocol: 'udp', host: '239.1.2.3', port: 5000, ttl: 1, loopback: true }],
    [
      'udp://[ff02::1]:5000?interface=fe80::2%25eth0&ttl=4&loopback=false',
      { protocol: 'udp', host: 'ff02::1', port: 5000, ttl: 4, loopback: false, interface: 'fe80::2%eth0' },
    ],
  ])('reads %s', (url, endpoint) => {
    expect(resolveEndpoint(url, 'linux')).toEqual(endpoint)
    expect(resolveEndpoint(endpoint, 'linux')).toEqual(endpoint)
  })

  it('fills in the defaults of options, and leaves the options as they are', () => {
    const given: EndpointOptions = Object.freeze({ protocol: 'tls', host: 'HUB', port: 1 })
    const endpoint = resolveEndpoint(given)
    expect(endpoint).toEqual({ protocol: 'tls', host: 'hub', port: 1, minVersion: 'TLSv1.2' })
    expect(Object.isFrozen(endpoint)).toBe(true)
  })

  it.each([
    ['', 'must look like tcp://host:port'],
    ['localhost:80', 'must look like tcp://host:port'],
    ['tcp:localhost:80', 'must look like tcp://host:port'],
    ['tcp://a:80#x', 'must look like tcp://host:port'],
    ['http://a:80', "protocol must be one of tcp, tls, unix, udp, got 'http'"],
    ['tcp://localhost', "must have host:port behind ://, IPv6 in brackets, got 'localhost'"],
    ['tcp://::1:80', "IPv6 in brackets, got '::1:80'"],
    ['tcp://a:80/', "must have host:port behind ://, IPv6 in brackets, got 'a:80/'"],
    ['tcp://a:-1', "got 'a:-1'"],
    ['tcp://a:65536', 'port must be a whole number from 0 to 65535, got 65536'],
    ['tcp://:80', "host must be a text that is not empty, got ''"],
    [
      'tcp://user@host:80',
      "host must be a host name, an IPv4 address, or an IPv6 address (in brackets in a URL), got 'user@",
    ],
    ['tcp://1.2.3.256:80', "got '1.2.3.256'"],
    ['tcp://1.2.3:80', "got '1.2.3'"],
    ['tcp://a..b:80', "got 'a..b'"],
    ['tcp://-a:80', "got '-a'"],
    [`tcp://${'a'.repeat(64)}:80`, 'host must be a host name'],
    ['tcp://[1.2.3.4]:80', "got '[1.2.3.4]:80'"],
    ['tcp://[::1]:80?', "must have name=value, got ''"],
    ['tcp://[::g]:80', "got '::g'"],
    ['tcp://[fe80::1%eth0]:80', 'two hex digits of UTF-8 behind every %'],
    ['tcp://[fe80::1%25]:80', "got 'fe80::1%'"],
    ['tls://a:1?minVersion=TLSv1.1', "minVersion must be one of TLSv1.2, TLSv1.3, got 'TLSv1.1'"],
    ['tls://a:1?serverName=1.2.3.4', "serverName must be a host name in lower case, no address, got '1.2.3.4'"],
    ['tls://a:1?certFile=/c', 'keyFile must be given too: certFile and keyFile belong together, got undefined'],
    ['tls://a:1?keyFile=/c', 'certFile must be given too'],
    ['tls://a:1?caFile=ca.pem', "caFile must be an absolute path, got 'ca.pem'"],
    ['unix://', "path must be a text that is not empty, got ''"],
    ['unix://run/hub', "path must be absolute and a file, or '@' and a name on Linux, got 'run/hub'"],
    ['unix:///run/', "got '/run/'"],
    ['unix://@', "got '@'"],
    ['unix:///a%00b', 'path must be well-formed text without NUL'],
    ['unix:///a%ff', 'two hex digits of UTF-8'],
    ['unix:///a?mode=0888', "mode must be octal, from 0 to 0777, got '0888'"],
    ['unix:///a?mode=1777', "mode must be octal, from 0 to 0777, got 'octal 1777'"],
    ['unix://@a?mode=0600', 'mode must be left out: an abstract name has no file, got 384'],
    ['unix:///a?mode=1&mode=2', "must give 'mode' once"],
    ['udp://1.2.3.4:5?ttl=0', 'ttl must be a whole number from 1 to 255, got 0'],
    ['udp://1.2.3.4:5?ttl=256', 'ttl must be a whole number from 1 to 255, got 256'],
    ['udp://1.2.3.4:5?ttl=x', "ttl must be a whole number from 1 to 255, got 'x'"],
    ['udp://1.2.3.4:5?loopback=true', 'loopback must be left out: 1.2.3.4 is no multicast address, got true'],
    ['udp://1.2.3.4:5?interface=1.2.3.4', "interface must be left out: 1.2.3.4 is no multicast address, got '1.2.3.4'"],
    ['udp://224.0.0.1:5?loopback=no', "loopback must be one of true, false, got 'no'"],
    ['udp://224.0.0.1:5?interface=::1', "interface must be an address of the family of 224.0.0.1, got '::1'"],
    ['udp://224.0.0.1:5?interface=eth0', "interface must be an address of the family of 224.0.0.1, got 'eth0'"],
  ])('refuses %s', (url, text) => {
    expect(() => resolveEndpoint(url, 'linux')).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'invalid-endpoint', message: expect.stringContaining(text) }),
    )
  })

  it.each([
    [{ protocol: 'tcp', host: 'a', port: '80' }, "endpoint: port must be a whole number from 0 to 65535, got '80'"],
    [{ protocol: 'tcp', host: 'a' }, 'port must be a whole number from 0 to 65535, got undefined'],
    [{ protocol: 'tcp', port: 1 }, 'host must be a text that is not empty, got undefined'],
    [{ protocol: 'unix', path: '/a', mode: -1 }, 'mode must be octal, from 0 to 0777, got -1'],
    [{ protocol: 'unix', path: '/a\ud800' }, 'path must be well-formed text without NUL'],
    [{}, 'protocol must be one of tcp, tls, unix, udp, got undefined'],
    [null, 'an endpoint must be a URL or an object, got null'],
    [80, 'an endpoint must be a URL or an object, got 80'],
  ])('refuses the options %j', (options, text) => {
    expect(() => resolveEndpoint(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-endpoint', message: expect.stringContaining(text) }),
    )
  })

  it.each([
    ['tcp://a:1?ttl=4', "unknown option 'ttl'; known options: host, port, protocol"],
    ['unix:///a?Mode=0600', "unknown option 'Mode'; known options: mode, path, protocol"],
    ['tcp://a:1?__proto__=4', "unknown option '__proto__'"],
    ['udp://1.2.3.4:1?tll=4', "unknown option 'tll'; known options: host, interface, loopback, port, protocol, ttl"],
  ])('refuses what %s has too much', (url, text) => {
    const wanted = { name: 'UsageError', code: 'unknown-option', message: expect.stringContaining(text) }
    expect(() => resolveEndpoint(url)).toThrow(expect.objectContaining(wanted))
  })

  it('shows no more than the beginning of what is endless, and on one line', () => {
    const url = `tcp://\n${'x'.repeat(10_000)}:1`
    expect(() => resolveEndpoint(url)).toThrow(/^endpoint 'tcp:\/\/\\nx{80,100}…': host must be .{1,200}$/)
  })

  it('answers an endpoint or a UsageError to whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom('tcp', 'tls', 'unix', 'udp', '://', ':', '/', '?', '&', '=', '%', '@', '[', ']', '#', '::1'),
      fc.constantFrom('mode', 'ttl', '0600', '80', 'a', '239.1.1.1', '%25', 'interface', 'loopback', 'true'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    const anyUrl = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          anyUrl,
          anyUrl.map((tail) => `tcp://${tail}`),
          anyUrl.map((tail) => `unix:///${tail}`),
        ),
        (url) => {
          try {
            const endpoint = resolveEndpoint(url, 'linux')
            expect(resolveEndpoint(formatEndpoint(endpoint), 'linux')).toEqual(endpoint)
          } catch (error) {
            expect(error).toMatchObject({ name: 'UsageError' })
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

const port = fc.nat(65_535)
const label = fc.stringMatching(/^[a-z0-9_]{1,10}$/)
const zoned = fc.tuple(fc.ipV6(), fc.constantFrom('', '%eth0', '%1')).map((parts) => parts.join(''))
const hostName = fc.tuple(label, fc.constantFrom('', '.example', '.a-b.org')).map((parts) => `h${parts.join('')}`)
const host = fc.oneof(hostName, fc.ipV4(), zoned)
const absolutePath = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/\0|\p{Surrogate}|\/$/u.test(text))
  .map((text) => `/${text}`)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const anyOptions: fc.Arbitrary<object> = fc.oneof(
  fc.record({ protocol: fc.constant('tcp'), host, port }),
  fc
    .record({
      protocol: fc.constant('tls'),
      host,
      port,
      minVersion: maybe(fc.constantFrom('TLSv1.2', 'TLSv1.3')),
      serverName: maybe(hostName),
      caFile: maybe(absolutePath),
      own: maybe(fc.record({ certFile: absolutePath, keyFile: absolutePath })),
    })
    .map(({ own, ...rest }) => ({ ...rest, ...own })),
  fc.record({ protocol: fc.constant('unix'), path: absolutePath, mode: maybe(fc.nat(0o777)) }),
  fc.record({ protocol: fc.constant('unix'), path: absolutePath.map((path) => `@${path}`) }),
  fc.record({ protocol: fc.constant('udp'), host: hostName, port, ttl: maybe(fc.integer({ min: 1, max: 255 })) }),
  fc.record({
    protocol: fc.constant('udp'),
    host: fc.constantFrom('224.0.0.1', '239.255.255.255'),
    port,
    ttl: maybe(fc.integer({ min: 1, max: 255 })),
    loopback: maybe(fc.boolean()),
    interface: maybe(fc.ipV4()),
  }),
)

describe('formatEndpoint', () => {
  it('writes a URL that is read as the same endpoint', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const endpoint = resolveEndpoint(options as EndpointOptions, 'linux')
        const url = formatEndpoint(endpoint)
        expect(resolveEndpoint(url, 'linux')).toEqual(endpoint)
        expect(formatEndpoint(resolveEndpoint(url, 'linux'))).toBe(url)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['tcp://[0:0::1]:080', 'tcp://[::1]:80'],
    ['tcp://[fe80::1%25eth0]:1', 'tcp://[fe80::1%25eth0]:1'],
    ['tls://A:1?minVersion=TLSv1.2', 'tls://a:1'],
    ['unix:///a%20b?mode=660', 'unix:///a%20b'],
    ['unix:///a?mode=7', 'unix:///a?mode=0007'],
    ['udp://224.0.0.1:5?loopback=true&ttl=1', 'udp://224.0.0.1:5'],
    ['udp://1.2.3.4:5?ttl=1', 'udp://1.2.3.4:5?ttl=1'],
  ])('writes %s as %s', (url, short) => {
    expect(formatEndpoint(resolveEndpoint(url, 'linux'))).toBe(short)
  })
})

describe('isMulticast', () => {
  it.each([
    ['udp://223.255.255.255:1', false],
    ['udp://224.0.0.0:1', true],
    ['udp://239.255.255.255:1', true],
    ['udp://240.0.0.0:1', false],
    ['udp://[ff02::1]:1', true],
    ['udp://[fe80::1]:1', false],
    ['udp://ff02.example:1', false],
    ['tcp://224.0.0.0:1', false],
  ])('of %s is %s', (url, answer) => {
    expect(isMulticast(resolveEndpoint(url))).toBe(answer)
  })
})

describe('the path of a Unix endpoint', () => {
  it.each([
    ['linux', 107],
    ['darwin', 103],
    ['freebsd', 103],
  ] as const)('has on %s at most %d bytes', (platform, limit) => {
    expect(socketPathBytesMax(platform)).toBe(limit)
    // Counted in bytes, not in characters.
    const path = `/ö${'x'.repeat(limit - 3)}`
    expect(resolveEndpoint({ protocol: 'unix', path }, platform)).toMatchObject({ path })
    expect(() => resolveEndpoint(`unix://${path}y`, platform)).toThrow(
      `path must be at most ${limit} bytes on ${platform}, got '${limit + 1} bytes: /ö`,
    )
  })

  it.each(['darwin', 'win32'] as const)('cannot be an abstract name on %s', (platform) => {
    expect(() => resolveEndpoint('unix://@hub', platform)).toThrow(
      `absolute: ${platform} has no abstract names, got '@hub'`,
    )
  })

  it('can be as long as the limit says where the tests run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
    const path = join(folder, 'x'.repeat(socketPathBytesMax() - Buffer.byteLength(folder) - 1))
    await withListener(path, () => expect(existsSync(path)).toBe(true))
    rmSync(folder, { recursive: true })
  })

  it.runIf(process.platform === 'linux')('can be an abstract name on Linux, which leaves no file', async () => {
    const path = `@troupe-test-${process.pid}`
    await withListener(socketPath(path), (address) => expect(address).toBe(`\0${path.slice(1)}`))
    expect(existsSync(path)).toBe(false)
  })
})

async function withListener(path: string, look: (address: unknown) => void): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  try {
    look(server.address())
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
