import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeReport } from '#actors/gateway/report'
import { makeScreen } from '#actors/gateway/screen'
import { facts, view } from './samples.ts'

class Output {
  readonly isTTY: boolean
  columns = 100
  rows = 50
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

const report = makeReport(facts)

describe('makeScreen', () => {
  it('writes nothing but one JSON object with --json, on a terminal too', () => {
    const output = new Output(true)
    const screen = makeScreen(true, output)
    screen.show(view)
    screen.end(report)
    expect(screen.everyMs).toBe(Number.POSITIVE_INFINITY)
    expect(output.text.split('\n').length).toBe(2)
    expect(JSON.parse(output.text)).toEqual(report)
  })

  it('writes plain lines where there is no terminal', () => {
    const output = new Output(false)
    const screen = makeScreen(false, output)
    screen.show(view)
    screen.show(view)
    screen.end(report)
    const lines = output.text.split('\n')
    expect(lines[1]).toMatch(/^01:02:05 · threads main:4/)
    expect(lines.at(-2)).toBe('Every message and every command is accounted for, and every device is online.')
    expect(output.text).not.toContain('\x1b')
  })

  it('redraws in place on a terminal, in the width it has just then', () => {
    const output = new Output(true)
    const screen = makeScreen(false, output)
    screen.show(view)
    const lineCount = output.text.split('\n').length - 1
    output.text = ''
    output.columns = 20
    screen.show(view)
    expect(output.text.startsWith(`\x1b[${lineCount}A\r`)).toBe(true)
    expect(output.text).toContain('Troupe gateway · 01…\x1b[K\n')
    screen.end(report)
    expect(output.text).toContain('20.0 s, 100 devices')
  })

  it('redraws no more lines than the window has, so that none is left behind at the top', () => {
    const output = Object.assign(new Output(true), { rows: 8 })
    const screen = makeScreen(false, output)
    screen.show(view)
    expect(output.text.split('\n').length - 1).toBe(7)
    screen.show(view)
    expect(output.text).toContain('\x1b[7A\r')
  })

  it('writes plain lines on a terminal that cannot redraw', () => {
    vi.stubEnv('TERM', 'dumb')
    onTestFinished(() => void vi.unstubAllEnvs())
    const output = new Output(true)
    makeScreen(false, output).show(view)
    expect(output.text).not.toContain('\x1b')
  })

  it.each([0, undefined])('takes a terminal for 80 columns wide that says %s', (columns) => {
    const output = new Output(true)
    makeScreen(false, Object.assign(output, { columns })).show(view)
    expect(
      Math.max(
        ...output.text
          .slice(1)
          .split('\x1b[K\n')
          .map((line) => line.length),
      ),
    ).toBe(80)
  })
})
