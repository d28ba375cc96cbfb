import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '#actors/cli/program'
import { packetVectors, streamVectors } from '../device/cync/vectors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-cync-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The program in this process, with streams of the test's own. */
async function run(args: readonly string[], input = '') {
  const printed = { stdout: '', stderr: '' }
  const streamOf = (name: 'stdout' | 'stderr') =>
    new Writable({
      decodeStrings: false,
      write(text, _encoding, done) {
        printed[name] += String(text)
        done()
      },
    })
  const streams = { stdin: Readable.from([Buffer.from(input)]), stdout: streamOf('stdout'), stderr: streamOf('stderr') }
  const code = await runProgram(['cync', ...args], streams, '0.0.0')
  return { code, ...printed }
}

const objectsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('troupe cync decode', () => {
  it('says of every packet of the vectors what it says', async () => {
    const { code, stdout, stderr } = await run(['decode'], packetVectors.map(({ hex }) => `${hex}\n`).join(''))
    const objects = objectsOf(stdout)
    expect(objects).toHaveLength(packetVectors.length)
    for (const [index, { type, expected }] of packetVectors.entries()) {
      expect(objects[index]).toMatchObject({ type })
      for (const [key, value] of Object.entries(expected)) expect(objects[index]![key]).toEqual(value)
      expect(objects[index]!['checksumOk']).toBe(expected.frame?.checksumOk)
    }
    expect([code, stderr]).toEqual([0, ''])
  })

  it.each(streamVectors)(
    'cuts the pieces of $id with --stream: $name',
    async ({ chunks, expectedTypes, expectedSkippedBytes }) => {
      const { code, stdout } = await run(['decode', '--stream'], chunks.join('\n'))
      const objects = objectsOf(stdout)
      const types = objects.flatMap(({ type }) => (type === undefined ? [] : [type]))
      expect(types).toEqual(expectedTypes.map((type) => `0x${type}`))
      const skipped = objects.find(({ skippedBytes }) => skippedBytes !== undefined)
      expect(skipped?.['skippedBytes']).toBe(expectedSkippedBytes)
      expect(code).toBe(0)
    },
  )

  it('names lines that are no hexadecimal text, decodes the others, and ends with 1', async () => {
    const file = join(folder, 'packets.hex')
    writeFileSync(file, 'd3 00 00 00 00\n\nnonsense\r\nD300000000\r\nd3000\n')
    const { code, stdout, stderr } = await run(['decode', file])
    expect(objectsOf(stdout).map(({ name }) => name)).toEqual(['ping', 'ping'])
    expect(stderr).toBe(
      "troupe cync decode: line 3, column 1: 'n' is no hexadecimal digit\n" +
        'troupe cync decode: line 5, column 6: the last byte has only one digit\n',
    )
    expect(code).toBe(1)
  })

  it.each([
    ['0xd3 0x00 0x00 0x00 0x00', 1],
    ['0xD3, 0X00, 0x00, 0x00, 0x00,', 1],
    ['d3:00:00:00:00\r\n\r\n', 1],
    ['# two pings\nd300000000 # one\n\td3 00 00 00 00 # 0xff', 2],
    ['0xd300000000\n', 1],
    ['# nothing\n\n \n', 0],
    ['', 0],
  ])('takes hexadecimal text as other tools write it: %j', async (input, packets) => {
    const { code, stdout, stderr } = await run(['decode'], input)
    expect([code, stderr, stdout.split('"name":"ping"').length - 1]).toEqual([0, '', packets])
  })

  it.each([
    ['0xd, 0x3', 'line 1, column 4: the byte before has only one digit'],
    ['d:3', 'line 1, column 2: the byte before has only one digit'],
    ['x0', "line 1, column 1: 'x' is no hexadecimal digit"],
    ['d3 0x1 0x2', "line 1, column 9: 'x' is no hexadecimal digit"],
    ['d3 0 # half', 'line 1, column 12: the last byte has only one digit'],
  ])('refuses %j', async (input, text) => {
    const { code, stdout, stderr } = await run(['decode'], input)
    expect([code, stdout, stderr]).toEqual([1, '', `troupe cync decode: ${text}\n`])
  })

  it.each([['decode'], ['decode', '--stream']])('names a line that is too long to be one: %s %s', async (...args) => {
    const { code, stdout, stderr } = await run(args, `d300000000\n${'d300000000'.repeat(110_000)}`)
    expect([code, objectsOf(stdout).length]).toEqual([1, 1])
    expect(stderr).toContain('limit 1048576')
  })

  it('reads on behind any amount of garbage with --stream', async () => {
    const garbage = `${'ff'.repeat(100_000)}\n`
    const { code, stdout } = await run(['decode', '--stream'], `${garbage}d300000000`)
    expect(code).toBe(0)
    expect(objectsOf(stdout)).toMatchObject([{ skippedBytes: 100_000 }, { offset: 100_000, name: 'ping' }])
  })

  it('tells with --stream where garbage was, and that the stream ends inside a packet', async () => {
    const { code, stdout, stderr } = await run(['decode', '--stream'], 'd300000000 ffff\nff d800000000\nd3000000')
    expect(objectsOf(stdout)).toMatchObject([
      { offset: 0, type: '0xd3' },
      { offset: 5, skippedBytes: 3, problems: ['skipped-bytes'] },
      { offset: 8, type: '0xd8' },
      { offset: 13, incompleteBytes: 4, hex: 'd3000000', problems: ['unexpected-end'] },
    ])
    expect(stderr).toContain(
      'the stream ends inside a packet: it begins at stream offset 13, and 4 bytes of it are there',
    )
    expect(code).toBe(1)
  })

  it.each([
    ['28000000020000', { name: 'device_login', isResponse: true, status: 0, directions: ['server->device'] }],
    ['18000000020200', { name: 'app_login', isResponse: true, status: 2 }],
    [
      '130000001003000000070004616263640000b41020',
      { name: 'app_login', id: 7, auth: 'abcd', keepAliveSeconds: 180, trailingHex: '1020' },
    ],
    ['c3000000010c', { name: 'time', subType: 12, directions: ['device->server'] }],
    ['c3000000030a0102', { name: 'time', subType: 10, dataHex: '0102' }],
    ['d800000000', { name: 'ping', isResponse: true }],
    ['e30000000103', { name: 'disconnect', reason: 3, directions: ['device->server', 'app->server'] }],
    ['e00000000103', { name: 'disconnect', reason: 3, directions: ['server->device', 'server->app'] }],
    ['a8000000080000000700010a00', { name: 'probe', status: 10, replyFlags: 0, directions: ['server->app'] }],
    ['a300000008000000070001020f', { name: 'probe', flags: '02', trailingHex: '0f' }],
    ['33000000020102', { name: 'datapoint_set', payloadHex: '0102', problems: ['unknown-type'] }],
    ['f300000000', { name: 'unknown', problems: ['unknown-type'] }],
    ['23', { type: '0x23', length: 0, problems: ['wrong-length', 'malformed'] }],
    [
      '430000001100000007010106 000007 05010300000000',
      { entries: [{ index: 0, outlets: { meshAddr: 5, on: true, outletMask: 3 } }] },
    ],
    ['730000001d000000010001007e01000000f8d20b0001000000000700d2110201287e', { frame: { relay: { brightness: 1 } } }],
  ])('prints %s', async (hex, fields) => {
    const { stdout } = await run(['decode'], hex)
    expect(JSON.parse(stdout)).toMatchObject(fields)
  })

  it.each([
    [[], 'Usage: troupe cync'],
    [['decode', 'no-such-file'], 'UsageError: cannot read no-such-file: ENOENT'],
    [['decode', '--streem'], '(Did you mean --stream?)'],
    [['dekode'], '(Did you mean decode?)'],
  ])('ends with 2 when called wrongly, and says how: %j', async (args, text) => {
    const { code, stderr } = await run(args)
    expect(stderr).toContain(text)
    expect(code).toBe(2)
  })
})
