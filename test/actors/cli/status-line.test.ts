import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isTerminal, StatusLine } from '#actors/cli/status-line'

/** What is written to a stream of that width within a second. */
function shown(isOnTerminal: boolean, columns: number | undefined, text: string): string {
  const stream = Object.assign(new PassThrough(), { columns })
  const status = new StatusLine(stream, isOnTerminal, () => text)
  vi.advanceTimersByTime(1_000)
  const written = String(stream.read())
  status.end()
  return written
}

describe('A status line', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([
    [20, '12 messages', '12 messages'],
    [10, '12 messages', '12 messa…'],
    [2, '12 messages', '…'],
    [0, '12 messages', '12 messages'], // some terminals do not know
    [undefined, '12 messages', '12 messages'],
  ])('leaves the last of %s columns free, so that it can be written over', (columns, text, line) => {
    expect(shown(true, columns, text)).toBe(line)
  })

  it('is as long as it is where it is no terminal', () => {
    expect(shown(false, 5, '12 messages')).toBe('12 messages\n')
  })
})

describe('A terminal', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it.each([
    [true, 'xterm', true],
    [true, 'dumb', false],
    [false, 'xterm', false],
  ])('isTTY %s and TERM %s: %s', (isTTY, term, is) => {
    vi.stubEnv('TERM', term)
    expect(isTerminal(Object.assign(new PassThrough(), { isTTY }))).toBe(is)
  })
})
