import { describe, expect, it } from 'vitest'
import type { LinkEndState } from '#actors/ledger/link-report'
import { isAccepted, judge, type Verdict } from '#actors/ledger/verdict'

type State = LinkEndState | 'unknown'
const end = (state: State, byteCount: number, isIntact = true) => ({ state, byteCount, isIntact })

describe('judge', () => {
  it.each<[device: [State, number], connection: [State, number], isKilled: boolean, Verdict]>([
    [['finished', 9], ['finished', 9], false, 'complete'],
    [['finished', 9], ['finished', 9], true, 'complete'],
    [['finished', 0], ['finished', 0], false, 'complete'],
    [['finished', 9], ['finished', 8], false, 'incomplete'],
    [['finished', 9], ['finished', 8], true, 'incomplete'],
    [['finished', 9], ['finished', 10], false, 'excess'],
    [['unknown', 0], ['finished', 0], false, 'unused'],
    [['unknown', 0], ['broken', 0], false, 'unused'],
    [['unknown', 0], ['unknown', 0], false, 'unused'],
    [['unknown', 0], ['finished', 1], false, 'unexplained'],
    [['unknown', 0], ['finished', 1], true, 'prefix'],
    [['finished', 9], ['broken', 9], false, 'unexplained'],
    [['finished', 9], ['open', 9], false, 'unexplained'],
    [['finished', 9], ['unknown', 0], false, 'unexplained'],
    [['broken', 9], ['finished', 9], false, 'unexplained'],
    [['open', 9], ['finished', 9], false, 'unexplained'],
    [['open', 9], ['open', 9], false, 'unexplained'],
    [['finished', 9], ['broken', 8], true, 'prefix'],
    [['finished', 9], ['unknown', 0], true, 'prefix'],
    [['broken', 9], ['finished', 9], true, 'prefix'],
    [['broken', 9], ['finished', 10], true, 'excess'],
    [['finished', 9], ['broken', 10], true, 'excess'],
    [['open', 9], ['finished', 10], true, 'prefix'],
  ])('device %j, connection %j, killed %j: %s', (device, connection, isKilled, verdict) => {
    expect(judge(end(...device), end(...connection), isKilled)).toBe(verdict)
  })

  it.each([
    [end('finished', 9, false), end('finished', 9)],
    [end('finished', 9), end('finished', 9, false)],
    [end('broken', 9), end('finished', 5, false)],
  ])('calls a stream corrupt whose bytes are not the recording, killed or not', (device, connection) => {
    expect([judge(device, connection, false), judge(device, connection, true)]).toEqual(['corrupt', 'corrupt'])
  })

  it('accepts complete streams, true prefixes and links never used, and nothing else', () => {
    const verdicts: Verdict[] = ['complete', 'prefix', 'unused', 'corrupt', 'incomplete', 'excess', 'unexplained']
    expect(verdicts.filter(isAccepted)).toEqual(['complete', 'prefix', 'unused'])
  })
})
