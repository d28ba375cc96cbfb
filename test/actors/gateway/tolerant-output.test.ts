import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { TolerantOutput } from '#actors/gateway/tolerant-output'

/** What an output tells of its end, whose writes fail so. */
function endOf(failure: Error): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(failure) })
    new TolerantOutput(stream, resolve).write('something')
  })
}

describe('The output of the main job', () => {
  it('ends without a failure where nobody reads it any more', async () => {
    expect(await endOf(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))).toBeUndefined()
  })

  it('ends with the reason where it cannot be written', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    expect(await endOf(full)).toBe(full)
  })

  it('has the size that the terminal has just then', () => {
    const terminal = Object.assign(new Writable(), { isTTY: true, columns: 100, rows: 40 })
    const output = new TolerantOutput(terminal, () => {})
    terminal.columns = 60
    expect([output.isTTY, output.columns, output.rows]).toEqual([true, 60, 40])
  })
})
