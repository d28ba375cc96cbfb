import { describe, expect, it } from 'vitest'
import { makeReport, type RunFacts, renderReport } from '#actors/gateway/report'
import { facts } from './samples.ts'

describe('makeReport', () => {
  it('is ok when account and commands add up and every device is online', () => {
    expect(makeReport(facts)).toEqual({
      ok: true,
      problems: [],
      seconds: 20.012,
      seed: 5,
      node: 'v20.20.2',
      devices: 100,
      threads: 2,
      fleet: facts.fleet,
      commands: facts.commands,
      latencyMs: { p50: 85.2, p99: 900.04 },
      retransmits: 20,
      duplicatesDropped: 3,
      packets: {
        sent: { total: 500 },
        received: { total: 490, byType: { 'pipe-reply': 400, ping: 90 } },
      },
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
      'a command has no result',
      { commands: { ...facts.commands, done: 389 } },
      '400 commands were issued, and 1 of them have no result',
    ],
    [
      'a command has two results',
      { commands: { ...facts.commands, done: 391 } },
      '400 commands were issued, and -1 of them have no result',
    ],
    [
      'the gateway failed to answer',
      { commands: { ...facts.commands, done: 388, unanswered: 2 } },
      'the gateway did not answer 2 commands',
    ],
    ['nothing was done', { commands: { ...facts.commands, done: 0, abandoned: 394 } }, 'no command was done'],
    [
      'a device is not back',
      { fleet: { ...facts.fleet, online: 99, parked: 1 } },
      '99 of 100 devices were online at the end',
    ],
    ['it did not end as it should', { troubles: ['the end took too long'] }, 'the end took too long'],
  ])('is not ok when %s', (_, changes, problem) => {
    const report = makeReport({ ...facts, ...changes })
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual([expect.stringContaining(problem)])
  })

  it('has no latency where no command was done', () => {
    expect(makeReport({ ...facts, latency: undefined }).latencyMs).toBeNull()
  })
})

describe('renderReport', () => {
  it('tells the same to people', () => {
    expect(renderReport(makeReport(facts))).toEqual([
      '20.0 s, 100 devices on 2 worker threads, seed 5',
      'devices   connecting 0, online 100, degraded 0, offline 0, parked 0',
      'commands  issued 400, done 390, rejected 6, abandoned 4',
      'latency   p50 85.2 ms, p99 900.0 ms',
      'resent    20 commands; 3 duplicates dropped',
      'sent      500 packets',
      'received  490 packets   pipe-reply 400, ping 90',
      'kills     device 2, connection 2, thread 2',
      'restarts  104',
      'messages  500 sent = 492 handled + 5 dead letters + 3 lost with their thread + 0 queued',
      'unhandled failed 5, thread-lost 3',
      'Every message and every command is accounted for, and every device is online.',
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
