import { describe, expect, it } from 'vitest'
import { makeReport, type RunFacts, renderReport } from '#actors/gateway/report'
import { facts } from './samples.ts'

describe('makeReport', () => {
  it('is ok when the account is exact and every stream was verified', () => {
    expect(makeReport(facts)).toEqual({
      ok: true,
      problems: [],
      seconds: 20.012,
      seed: 5,
      node: 'v20.20.2',
      devices: 100,
      threads: 2,
      bytes: { sent: 1_100, received: 1_000 },
      packets: {
        sent: { total: 30, byType: { '0x23': 10, '0x43': 20 } },
        received: { total: 29, byType: { '0x23': 10, '0x43': 19 } },
      },
      links: facts.totals.links,
      kills: { device: 2, connection: 2, thread: 2 },
      restarts: 104,
      deadLetters: { total: 8, byReason: { failed: 5, 'thread-lost': 3 } },
      account: { sent: 500, handled: 492, deadLettered: 5, lost: 3, queued: 0, isExact: true },
    })
  })

  it.each<[string, Partial<RunFacts>, string]>([
    [
      'the account is not exact',
      { account: { ...facts.account, isExact: false } },
      'the message account is not exact: 500 sent',
    ],
    [
      'a message was not handled, and there is no reason for it',
      { account: { ...facts.account, deadLettered: 6, handled: 491 } },
      '9 messages were dead letters or lost, but reasons were given for 8',
    ],
    [
      'a link was never judged',
      { totals: { ...facts.totals, links: { ...facts.totals.links, open: 2 } } },
      '2 connections were never',
    ],
    [
      'bytes are missing',
      { totals: { ...facts.totals, links: { ...facts.totals.links, incomplete: 1 } } },
      '1 connections were incomplete',
    ],
    [
      'a stream is corrupt',
      { totals: { ...facts.totals, links: { ...facts.totals.links, corrupt: 3 } } },
      '3 connections were corrupt',
    ],
    ['it did not end as it should', { troubles: ['the end took too long'] }, 'the end took too long'],
    ['nothing was received', { totals: { ...facts.totals, bytes: { sent: 0, received: 0 } } }, 'no byte was received'],
    ['the ledger found something', { totals: { ...facts.totals, failures: ['excess: link x'] } }, 'excess: link x'],
  ])('is not ok when %s', (_, changes, problem) => {
    const report = makeReport({ ...facts, ...changes })
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual([expect.stringContaining(problem)])
  })
})

describe('renderReport', () => {
  it('tells the same to people', () => {
    expect(renderReport(makeReport(facts))).toEqual([
      '20.0 s, 100 devices on 2 worker threads, seed 5',
      'sent      30 packets, 1100 bytes   0x23 10, 0x43 20',
      'received  29 packets, 1000 bytes   0x23 10, 0x43 19',
      'kills     device 2, connection 2, thread 2',
      'streams   100 complete, 52 cut by a kill and a true prefix, 1 never used',
      'restarts  104',
      'messages  500 sent = 492 handled + 5 dead letters + 3 lost with their thread + 0 queued',
      'unhandled failed 5, thread-lost 3',
      'Every message is accounted for, and every stream was verified.',
    ])
  })

  it('ends with what is wrong', () => {
    const report = makeReport({ ...facts, account: { ...facts.account, isExact: false } })
    expect(renderReport(report).slice(-2)).toEqual([
      'WRONG: the message account is not exact: 500 sent, 492 handled, 5 dead letters, 3 lost, 0 queued',
      'This run is not to be trusted.',
    ])
  })
})
