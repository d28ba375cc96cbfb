import { describe, expect, it } from 'vitest'
import { type LogLine, LogReader, LogWriter } from '#src/memory/log-ring'
import { logRegionBytes } from '#src/memory/log-ring-layout'

function log(logBytes = 1_024) {
  const memory = new SharedArrayBuffer(logRegionBytes(logBytes))
  return { memory, writer: new LogWriter(memory, 0, logBytes), reader: new LogReader(memory, 0, logBytes) }
}

function drain(reader: LogReader, linesMax = 1_000): LogLine[] {
  const lines: LogLine[] = []
  reader.drain((line) => void lines.push(line), linesMax)
  return lines
}

describe('LogRing', () => {
  it('hands lines over in order, with level and actor', () => {
    const { writer, reader } = log()
    writer.write(30, 5, 2, '{"msg":"grüße 🙂"}')
    writer.write(40, -1, 0, '')
    expect(reader.hasLines).toBe(true)
    expect(drain(reader)).toEqual([
      { level: 30, slot: 5, generation: 2, text: '{"msg":"grüße 🙂"}' },
      { level: 40, slot: -1, generation: 0, text: '' },
    ])
    expect(reader.hasLines).toBe(false)
    expect([reader.written, reader.dropped]).toEqual([2, 0])
  })

  it('drops and counts what finds no room, and takes lines again once there is', () => {
    const { writer, reader } = log(1_024)
    let taken = 0
    while (writer.write(30, 0, 1, 'x'.repeat(48))) taken++
    writer.write(30, 0, 1, 'y')
    expect(taken).toBe(1_024 / 64)
    expect([reader.written, reader.dropped]).toEqual([16, 2])
    expect(drain(reader, 5)).toHaveLength(5)
    expect(writer.write(30, 0, 1, 'z')).toBe(true)
    expect(drain(reader).at(-1)?.text).toBe('z')
  })

  it('drops and counts a line that is too long', () => {
    const { writer, reader } = log(1_024)
    expect(writer.write(30, 0, 1, 'ü'.repeat(writer.lineBytesMax / 2))).toBe(true)
    expect(writer.write(30, 0, 1, 'ü'.repeat(writer.lineBytesMax / 2 + 1))).toBe(false)
    expect([reader.written, reader.dropped]).toEqual([1, 1])
  })

  it('shows the last lines of a dead thread, and those of its successor behind them', () => {
    const { memory, writer, reader } = log()
    writer.write(30, 0, 1, 'last words')
    new LogWriter(memory, 0, 1_024).write(30, 0, 2, 'hello')
    expect(drain(reader).map((line) => line.text)).toEqual(['last words', 'hello'])
  })

  it('counts a line as read whose reader threw', () => {
    const { writer, reader } = log()
    writer.write(30, 0, 1, 'bad')
    writer.write(30, 0, 1, 'good')
    const fail = (): never => {
      throw new Error('cannot take this')
    }
    expect(() => reader.drain(fail, 10)).toThrow('cannot take this')
    expect(drain(reader).map((line) => line.text)).toEqual(['good'])
  })
})
