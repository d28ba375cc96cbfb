import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '#actors/connection/framing'
import { LineFraming } from '#actors/connection/line-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'
import { textBytes } from './byte-strings.ts'

const LIMIT = 40
const anyLine = fc.uint8Array({ maxLength: LIMIT }).filter((bytes) => !bytes.includes(0x0a) && bytes.at(-1) !== 0x0d)

for (const lineEnd of ['lf', 'crlf'] as const) {
  describeFramingContract({
    name: `LineFraming ${lineEnd}`,
    makeFraming: () => new LineFraming({ lineBytesMax: LIMIT, lineEnd }),
    messages: ['', 'a', 'two words', '\rcarriage\rreturns \r in it', 'größer'].map(textBytes),
    anyMessage: anyLine,
    illegal: textBytes('x'.repeat(LIMIT + 2)),
    largest: textBytes('x'.repeat(LIMIT)),
    oneMore: textBytes('x'.repeat(LIMIT + 1)),
    oneMoreOnStream: textBytes(`${'x'.repeat(LIMIT + 1)}\n`),
    received: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
    sent: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
    makeDefault: () => new LineFraming({ lineEnd }),
    beginOfLargest: textBytes('abc'),
  })
}

function linesOf(framing: LineFraming, ...chunks: string[]): string[] {
  const lines: string[] = []
  for (const chunk of chunks) framing.push(textBytes(chunk), (line) => lines.push(Buffer.from(line).toString()))
  return lines
}

describe('LineFraming', () => {
  it('reads both line ends, mixed, and leaves other carriage returns alone', () => {
    expect(linesOf(new LineFraming(), 'a\nb\r\n\r\n\nc\rd\r\r\n')).toEqual(['a', 'b', '', '', 'c\rd\r'])
    expect(linesOf(new LineFraming(), 'a', '\r', '\n', '\r', 'b\r', '\n')).toEqual(['a', '\rb'])
  })

  it('writes the line end that it was told', () => {
    expect(Buffer.from(encodeFrame(new LineFraming(), textBytes('a'))).toString()).toBe('a\n')
    expect(Buffer.from(encodeFrame(new LineFraming({ lineEnd: 'crlf' }), textBytes('a'))).toString()).toBe('a\r\n')
  })

  it('does not count the line end as part of the longest line', () => {
    expect(linesOf(new LineFraming({ lineBytesMax: 2 }), 'ab\r\n', 'ab\n', 'a\r', '\n')).toEqual(['ab', 'ab', 'a'])
    expect(linesOf(new LineFraming({ lineBytesMax: 0 }), '\r\n\n')).toEqual(['', ''])
    expect(() => linesOf(new LineFraming({ lineBytesMax: 2 }), 'ab\r', '\r')).toThrow(
      'line at stream position 0 has at least 4 bytes, limit 2',
    )
  })

  it('holds no more of a line without an end than shows that it is too long', () => {
    const framing = new LineFraming({ lineBytesMax: 10 })
    linesOf(framing, 'abc')
    expect(() => linesOf(framing, 'x'.repeat(1_000))).toThrow('has at least 12 bytes, limit 10')
    expect(framing.heldBytes).toBe(12)
  })

  it('keeps the time for a long line that arrives byte by byte linear', () => {
    const framing = new LineFraming()
    const byte = textBytes('x')
    for (let count = 0; count < 300_000; count++) framing.push(byte, () => {})
    expect(linesOf(framing, '\n').map((line) => line.length)).toEqual([300_000])
  })

  it.each([
    ['a\nb', 'a line has a line feed in it, at offset 1'],
    ['ab\r', 'a line ends with a carriage return'],
  ])('does not write %j, which would be read as something else', (text, message) => {
    const encode = () => encodeFrame(new LineFraming(), textBytes(text))
    expect(encode).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-frame' }))
    expect(encode).toThrow(message)
  })

  it('refuses options outside of their range', () => {
    expect(() => new LineFraming({ lineBytesMax: -1 })).toThrow('lineBytesMax must be a whole number from 0 to')
    expect(() => new LineFraming({ lineEnd: 'cr' as 'lf' })).toThrow("lineEnd must be one of lf, crlf, got 'cr'")
  })
})
