import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

const program = createRequire(import.meta.url).resolve('#actors/cli/main')
/** Far above what a run takes here; what is still running then hangs. Milliseconds. */
const RUN_MS_MAX = 30_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('troupe decode as a process', { timeout: RUN_MS_MAX }, () => {
  it('prints a line for each message of standard input', async () => {
    const stream = Buffer.from('\u0003\0\0\0abc\u0002\0\0\0hi')
    const { code, stdout, stderr } = await run(['decode'], stream)
    expect(stdout).toBe('0\t0\t3\t"616263"\n1\t7\t2\t"6869"\n')
    expect([code, stderr]).toEqual([0, ''])
  })

  it('prints JSON objects of a file, by a schema, from hexadecimal digits', async () => {
    const schema = file('schema.json', '{ "struct": { "id": "u64", "data": { "vec": "u8" } } }')
    const dump = file('dump.hex', '0e 00 00 00\n07 00 00 00 00 00 00 00\n02 00 00 00 ab cd\n')
    const { code, stdout } = await run([
      'decode',
      dump,
      '--input',
      'hex',
      '--codec',
      'deli',
      '--schema',
      schema,
      '--json',
    ])
    expect(stdout).toBe('{"index":0,"offset":0,"length":14,"value":{"id":"7","data":"abcd"}}\n')
    expect(code).toBe(0)
  })

  it('ends with 1 for bad data: what was complete is printed, what was not is named', async () => {
    const { code, stdout, stderr } = await run(['decode', '-', '--framing', 'line', '--codec', 'json'], '1\n[}\n2\n3')
    expect(stdout).toBe('0\t0\t1\t1\n2\t5\t1\t2\n')
    expect(stderr).toBe(
      'troupe decode: message 1 at stream offset 2, 2 bytes: invalid JSON at offset 1 of 2 bytes\n' +
        'troupe decode: the stream ends inside a message: it begins at stream offset 7, and 1 bytes of it are there\n',
    )
    expect(code).toBe(1)
  })

  it('ends with 1 for what are no digits, having printed the messages before', async () => {
    const { code, stdout, stderr } = await run(['decode', '--framing', 'varint', '--input', 'hex'], '01 61\n01 x')
    expect([code, stdout]).toEqual([1, '0\t0\t1\t"61"\n'])
    expect(stderr).toBe("troupe decode: line 2, column 4: 'x' is no hexadecimal digit\n")
  })

  it.each([
    [['decode', '--codec', 'deli'], 'UsageError: --codec deli needs --schema FILE\n'],
    [['decode', '--schema', 'x.json'], "UsageError: --schema goes with --codec deli, got 'raw'\n"],
    [['decode', '--max-bytes', 'many'], "KiB, MiB or GiB, got 'many'\n"],
    [['decode', '--framing', 'u16le', '--max-bytes', '1MiB'], 'from 0 to 65535 bytes, got 1048576\n'],
    [['decode', '--framing', 'words'], 'Allowed choices are u32le, '],
    [['decode', '--framming', 'line'], '(Did you mean --framing?)\n'],
    [['decod'], '(Did you mean decode?)\n'],
    [['decode', 'a', 'b'], 'too many arguments'],
    [['decode', 'no-such-file'], 'UsageError: cannot read no-such-file: ENOENT'],
    [['decode', '--codec', 'deli', '--schema', 'no-such-file'], 'UsageError: cannot read no-such-file: ENOENT'],
    [[], 'Usage: troupe [options] [command]'],
  ])('ends with 2 when called wrongly, and says how: %j', async (args, text) => {
    const { code, stdout, stderr } = await run(args)
    expect(stderr).toContain(text)
    expect([code, stdout]).toEqual([2, ''])
  })

  it('prints its help and its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    const { code, stdout } = await run(['decode', '--help'])
    expect(stdout).toContain('Usage: troupe decode [options] [file]')
    expect(code).toBe(0)
  })

  it('ends well when nobody wants to read on', async () => {
    const child = start(['decode', '--framing', 'u16le'])
    // More than pipes hold on both sides, and no end: only a program that stops by itself ends.
    const feed = () => {
      while (child.stdin.writable && child.stdin.write(Buffer.alloc(65_536)));
    }
    child.stdin.on('drain', feed).on('error', () => {})
    feed()
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })

  it('prints a stream while it comes, and holds no more of it than it must', async () => {
    const child = start(['decode', '--framing', 'line', '--codec', 'text'])
    child.stdin.write('one\ntw')
    const [first] = await once(child.stdout, 'data')
    expect(String(first)).toBe('0\t0\t3\t"one"\n')
    child.stdin.write('o\n')
    const [second] = await once(child.stdout, 'data')
    expect(String(second)).toBe('1\t4\t3\t"two"\n')
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function run(args: readonly string[], input: Uint8Array | string = '') {
  const child = start(args)
  const printed = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (printed.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (printed.stderr += text))
  // A program that was called wrongly does not read.
  child.stdin.on('error', () => {}).end(input)
  const [code] = await once(child, 'close')
  return { code, ...printed }
}
