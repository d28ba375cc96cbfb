import { describe, expect, it } from 'vitest'
import { Ledger } from '#actors/ledger/ledger'
import type { KillNotice, LinkReport } from '#actors/ledger/link-report'
import { RunningHash } from '#actors/ledger/running-hash'
import { LoopStream } from '#actors/replay/loop-stream'
import { parseRecordings } from '#actors/replay/recording'

const recordings = parseRecordings(
  JSON.stringify({ ms: 0, conn: 7, dir: 'device->server', hex: 'd300000000c3000000010c' }),
)
const stream = new LoopStream(recordings[0]!)

const identity = {
  link: 'a#1',
  device: 'device-1',
  recordingId: 7,
  deviceThread: 'worker-1',
  connectionThread: 'worker-2',
}

function report(end: LinkReport['end'], byteCount: number, changes: Partial<LinkReport> = {}): LinkReport {
  const hash = new RunningHash()
  for (const slice of stream.slices(0, byteCount)) hash.update(slice)
  const packets = stream.packetCounts(byteCount)
  return { ...identity, end, state: 'open', openedMs: 1_000, byteCount, digest: hash.digest(), packets, ...changes }
}

const finished: Partial<LinkReport> = { state: 'finished' }
const broken: Partial<LinkReport> = { state: 'broken' }
const kill = (kind: KillNotice['kind'], target: string, atMs = 2_000): KillNotice => ({ kind, target, atMs })

function ledgerAfter(...steps: (LinkReport | KillNotice)[]): Ledger {
  const ledger = new Ledger(recordings)
  for (const step of steps) {
    if ('kind' in step) ledger.killing(step)
    else ledger.report(step, 2_000)
  }
  return ledger
}

describe('Ledger', () => {
  it('judges a link as soon as both ends have finished', () => {
    const ledger = ledgerAfter(report('device', 5), report('connection', 0), report('device', 27, finished))
    expect(ledger.totals().links).toMatchObject({ open: 1, complete: 0 })
    ledger.report(report('connection', 27, finished), 2_000)
    expect(ledger.totals()).toEqual({
      links: {
        open: 0,
        settling: 0,
        complete: 1,
        prefix: 0,
        unused: 0,
        corrupt: 0,
        incomplete: 0,
        excess: 0,
        unexplained: 0,
      },
      bytes: { sent: 27, received: 27 },
      packets: { sent: { '0xc3': 2, '0xd3': 3 }, received: { '0xc3': 2, '0xd3': 3 } },
      kills: { device: 0, connection: 0, thread: 0 },
      failures: [],
    })
  })

  it('counts the traffic of links that are still open', () => {
    const totals = ledgerAfter(report('device', 16), report('connection', 5)).totals()
    expect(totals).toMatchObject({ bytes: { sent: 16, received: 5 }, packets: { received: { '0xd3': 1 } } })
  })

  it('counts as sent what arrived from a device that died before it could report it', () => {
    const totals = ledgerAfter(report('device', 5), report('connection', 16)).totals()
    expect(totals).toMatchObject({ bytes: { sent: 16 }, packets: { sent: { '0xc3': 1, '0xd3': 2 } } })
  })

  it('describes what is wrong with a link', () => {
    const ledger = ledgerAfter(report('device', 27, finished), report('connection', 22, finished))
    expect(ledger.totals().failures).toEqual([
      'incomplete: link a#1 of device-1 (recording 7): device finished after 27 bytes, connection finished after 22 bytes',
    ])
  })

  it.each<[string, Partial<LinkReport>]>([
    ['a hash', { digest: 'f00d' }],
    ['a packet count', { packets: { '0xd3': 1 } }],
    ['a recording', { recordingId: 8 }],
  ])('calls a link corrupt for ever after one report with %s that is not right', (_, wrong) => {
    const ledger = ledgerAfter(report('connection', 16, wrong), report('connection', 27), report('device', 27))
    ledger.close()
    expect(ledger.totals().links).toMatchObject({ corrupt: 1, complete: 0 })
  })

  it.each<[KillNotice, string]>([
    [kill('device', 'device-1'), 'prefix'],
    [kill('connection', 'a#1'), 'prefix'],
    [kill('thread', 'worker-1'), 'prefix'],
    [kill('thread', 'worker-2'), 'prefix'],
    [kill('device', 'device-2'), 'unexplained'],
    [kill('connection', 'a#2'), 'unexplained'],
    [kill('thread', 'worker-3'), 'unexplained'],
    [kill('device', 'worker-1'), 'unexplained'],
  ])('after %j calls a broken link %s, whether the kill or the link is heard of first', (notice, verdict) => {
    const ends = [report('device', 27, broken), report('connection', 22, finished)]
    for (const steps of [
      [notice, ...ends],
      [report('device', 0), notice, ...ends],
    ]) {
      expect(ledgerAfter(...steps).totals().links).toMatchObject({ open: 0, settling: 0, [verdict]: 1 })
    }
  })

  it('blames the kill of a device for the link that it had, not for the one that it opens afterwards', () => {
    const next = { link: 'a#2', openedMs: 2_100 }
    const ledger = ledgerAfter(
      report('device', 5),
      kill('device', 'device-1'),
      report('device', 5, broken),
      report('device', 5, { ...next, ...broken }),
    )
    ledger.close()
    expect(ledger.totals().links).toMatchObject({ prefix: 1, unexplained: 1 })
  })

  it('blames the kill of a device that had no link for one link that it opened soon after', () => {
    const [second, third] = ['a#2', 'a#3'].map((link) => ({ link, openedMs: 2_100, ...broken }))
    const ledger = ledgerAfter(
      report('device', 5, finished),
      kill('device', 'device-1'),
      report('device', 5, second),
      report('device', 5, third),
    )
    ledger.report(report('connection', 5, finished), 2_000)
    ledger.close()
    expect(ledger.totals().links).toMatchObject({ complete: 1, prefix: 1, unexplained: 1 })
  })

  it('does not blame an old kill for a link that was opened long after it', () => {
    const opened = { ...broken, openedMs: 8_000 }
    const ledger = ledgerAfter(
      kill('device', 'device-1', 2_000),
      report('device', 5, opened),
      report('connection', 5, opened),
    )
    ledger.close()
    expect(ledger.totals().links).toMatchObject({ unexplained: 1 })
  })

  it('lists the links that are open at the connection end and alive', () => {
    const ledger = ledgerAfter(
      report('connection', 5, { link: 'a#1' }),
      report('device', 5, { link: 'a#2' }),
      report('connection', 5, { link: 'a#3', device: 'device-3' }),
      report('connection', 5, { link: 'a#4', state: 'broken' }),
      kill('device', 'device-3'),
    )
    expect(ledger.openLinks()).toEqual(['a#1'])
  })

  it('awaits the end of every link that was not killed', () => {
    const ledger = ledgerAfter(report('device', 5), report('connection', 5, { link: 'a#2', device: 'device-2' }))
    expect(ledger.openCount).toBe(2)
    ledger.killing(kill('device', 'device-2'))
    expect(ledger.openCount).toBe(1)
    ledger.report(report('device', 5, finished), 2_000)
    ledger.report(report('connection', 5, finished), 2_000)
    expect(ledger.openCount).toBe(0)
  })

  it('settles a killed link once its ends have been silent for long, and leaves the others open', () => {
    const other = { link: 'a#2', device: 'device-2' }
    const ledger = ledgerAfter(kill('device', 'device-1'), report('connection', 5), report('connection', 5, other))
    ledger.settle(11_999)
    expect(ledger.totals().links).toMatchObject({ open: 1, settling: 1, prefix: 0 })
    ledger.settle(12_000)
    expect(ledger.totals().links).toMatchObject({ open: 1, settling: 0, prefix: 1 })
  })

  it('keeps nothing of judged links but totals', () => {
    const ledger = new Ledger(recordings)
    for (let n = 0; n < 1_000; n++) {
      ledger.report(report('device', 5, { ...finished, link: `a#${n}` }), 0)
      ledger.report(report('connection', 4, { ...finished, link: `a#${n}` }), 0)
    }
    const { links, failures, bytes } = ledger.totals()
    expect({ links, described: failures.length, bytes }).toMatchObject({
      links: { open: 0, incomplete: 1_000 },
      described: 20,
      bytes: { sent: 5_000, received: 4_000 },
    })
  })

  it('counts kills by kind', () => {
    const ledger = ledgerAfter(kill('thread', 'worker-1'), kill('thread', 'worker-2'), kill('device', 'device-1'))
    expect(ledger.totals().kills).toEqual({ thread: 2, device: 1, connection: 0 })
  })
})
