import { describe, expect, it } from 'vitest'
import { redraw, renderLine, renderScreen } from '#actors/gateway/terminal'
import { view } from './samples.ts'

describe('renderScreen', () => {
  it('shows threads, actors, rates, depths, restarts, dead letters and what happened', () => {
    expect(renderScreen(view, 120)).toEqual([
      'Troupe gateway · 01:02:05 · 205 actors · 99 connections open',
      '',
      '  sent         20,000 packets/s       1,000,000 in all',
      '  received     18,500 packets/s         999,000 in all',
      '',
      `  main       running    █${'·'.repeat(23)}      4 actors        0 connections        0 queued`,
      `  worker-1   running    ${'█'.repeat(24)}    101 actors       50 connections    1,200 queued`,
      `  worker-2   starting   ${'·'.repeat(24)}      0 actors        0 connections        0 queued   replaced 2×`,
      '',
      '  queued 1,200 (most: /fleet/device-7 31) · restarts 52 · dead letters 17',
      '  streams verified 3 complete, 2 cut by a kill, none wrong',
      '',
      '  00:01 killed device-3',
      '  00:04 killed thread worker-2',
      '',
      '',
      '',
      '',
    ])
  })

  it('keeps to the width of the terminal', () => {
    const widths = renderScreen(view, 30).map((line) => line.length)
    expect(Math.max(...widths)).toBe(30)
  })

  it('has as many lines however much happened', () => {
    const busy = { ...view, events: Array.from({ length: 40 }, (_, n) => `event ${n}`) }
    const lines = renderScreen(busy, 120)
    expect(lines.length).toBe(renderScreen(view, 120).length)
    expect(lines.at(-1)).toBe('  event 39')
  })

  it('does not hide that a stream was wrong', () => {
    const wrong = { ...view, totals: { ...view.totals, failures: ['a', 'b'] } }
    expect(renderScreen(wrong, 120).join('\n')).toContain('2 WRONG')
    expect(renderLine(wrong)).toContain('WRONG 2')
  })
})

describe('renderLine', () => {
  it('has the same moment in one line', () => {
    expect(renderLine(view)).toBe(
      '01:02:05 · threads main:4 worker-1:101 worker-2:0 · connections main:0 worker-1:50 worker-2:0 · actors 205 · sent 20000/s · received 18500/s · open 99 · ' +
        'queued 1200 · restarts 52 · dead letters 17',
    )
  })
})

describe('redraw', () => {
  it('goes up over what it wrote before, overwrites each line and clears what is left below', () => {
    expect(redraw(['a', 'b'], 0)).toBe('\ra\x1b[K\nb\x1b[K\n\x1b[J')
    expect(redraw(['c'], 2)).toBe('\x1b[2A\rc\x1b[K\n\x1b[J')
  })
})
