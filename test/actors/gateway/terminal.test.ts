import { describe, expect, it } from 'vitest'
import { redraw, renderLine, renderScreen } from '#actors/gateway/terminal'
import { view } from './samples.ts'

describe('renderScreen', () => {
  it('shows devices, commands, latencies, threads, depths, restarts, dead letters and what happened', () => {
    expect(renderScreen(view, 120)).toEqual([
      'Troupe gateway · 01:02:05 · 205 actors · loss 5 % · g group · k kill · +/- loss · q quit',
      '',
      '  devices   connecting 3 · online 195 · degraded 1 · offline 0 · parked 1',
      '  commands  done 1,200 · rejected 7 · abandoned 3 · under way 30',
      '  latency   p50 85 ms p99 1204 ms · 20 done/s · 18,500 packets/s',
      '  retransmits 61 · duplicates dropped 4',
      '',
      `  main       running    █${'·'.repeat(23)}      4 actors        0 connections        0 queued`,
      `  worker-1   running    ${'█'.repeat(24)}    101 actors       50 connections    1,200 queued`,
      `  worker-2   starting   ${'·'.repeat(24)}      0 actors        0 connections        0 queued   replaced 2×`,
      '',
      '  queued 1,200 (most: /fleet/device-7 31) · restarts 52 · dead letters 17',
      '',
      '  00:01 killed device-3',
      '  00:04 killed thread worker-2',
      '',
      '',
      '',
      '',
    ])
  })

  it('shows no latency before there is one', () => {
    expect(renderScreen({ ...view, latency: undefined }, 120).join('\n')).toContain('  latency   p50 – p99 – ·')
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
})

describe('renderLine', () => {
  it('has the same moment in one line', () => {
    expect(renderLine(view)).toBe(
      '01:02:05 · threads main:4 worker-1:101 worker-2:0 · actors 205 · online 195 of 200 · ' +
        'commands done 1200 rejected 7 abandoned 3 under way 30 · p50 85 ms p99 1204 ms · ' +
        'retransmits 61 · duplicates 4 · received 18500/s · queued 1200 · restarts 52 · dead letters 17',
    )
  })
})

describe('redraw', () => {
  it('goes up over what it wrote before, overwrites each line and clears what is left below', () => {
    expect(redraw(['a', 'b'], 0)).toBe('\ra\x1b[K\nb\x1b[K\n\x1b[J')
    expect(redraw(['c'], 2)).toBe('\x1b[2A\rc\x1b[K\n\x1b[J')
  })
})
