import { describe, expect, it } from 'vitest'
import { AnswerBook, ReplayAccount } from '#actors/cli/replay-account'
import { replayPlan } from '#actors/cli/replay-plan'
import { bytesOf, hexOf } from '../device/cync/vectors.ts'

const login = (id: string) => `230000001a03${id}00103031323334353637383961626364656600003c`
const sync = (id: string) => `4300000007${id}010106`
const ping = 'd300000000'
const a = '0000000a'
const b = '0000000b'

type Line = readonly [ms: number, conn: number, hex: string, dir?: string]

function sessionsOf(lines: readonly Line[]) {
  const text = lines.map(([ms, conn, hex, dir = 'device->server']) => JSON.stringify({ ms, conn, dir, hex })).join('\n')
  const plan = replayPlan(text)
  const sessions = plan.sessions.map(({ recordedConnection, deviceId, packets }) => [
    recordedConnection,
    deviceId,
    ...packets.map(({ atMs, bytes }) => `${atMs} ${hexOf(bytes).slice(0, 2)}`),
  ])
  return { ...plan, sessions }
}

describe('replayPlan', () => {
  it('has a session for each connection, and leaves out what a server sent', () => {
    expect(
      sessionsOf([
        [0, 1, login(a)],
        [1, 1, '28000000020000', 'server->device'],
        [2, 2, login(b)],
        [3, 1, sync(a) + ping],
      ]),
    ).toEqual({
      sessions: [
        [1, 10, '0 23', '3 43', '3 d3'],
        [2, 11, '2 23'],
      ],
      recordedConnections: 2,
      packets: 4,
      bytes: 79,
      skippedBytes: 0,
      incompleteBytes: 0,
    })
  })

  it('begins a session with each login, and what had waited in front of it', () => {
    const { sessions } = sessionsOf([
      [0, 1, login(a)],
      [5, 1, sync(a)],
      [15, 1, sync(a) + login(a)],
      [30, 1, login(a) + ping],
    ])
    expect(sessions).toEqual([
      [1, 10, '0 23', '5 43'],
      [1, 10, '15 43', '15 23'],
      [1, 10, '30 23', '30 d3'],
    ])
  })

  it('has a session for each device that used the number of a connection, with what each of them sent', () => {
    const { sessions, recordedConnections } = sessionsOf([
      [0, 1, login(a)],
      [1, 1, login(b) + ping],
      [2, 1, sync(a) + ping],
      [3, 1, sync(b)],
    ])
    expect(recordedConnections).toBe(1)
    expect(sessions).toEqual([
      [1, 10, '0 23', '2 43', '2 d3'],
      [1, 11, '1 23', '1 d3', '3 43'],
    ])
  })

  it('takes packets that were cut by reads at the time of their last byte, and counts what is none', () => {
    const packet = login(a)
    expect(
      sessionsOf([
        [0, 1, `ffff${packet.slice(0, 10)}`],
        [7, 1, `${packet.slice(10)}d30000`],
      ]),
    ).toMatchObject({ sessions: [[1, 10, '7 23']], skippedBytes: 2, incompleteBytes: 3 })
  })

  it('has nothing for an empty recording', () => {
    expect(replayPlan('\n')).toMatchObject({ sessions: [], packets: 0, recordedConnections: 0 })
  })
})

describe('AnswerBook', () => {
  const account = () => {
    const all = new ReplayAccount()
    const book = new AnswerBook(all)
    return {
      all,
      book,
      sent: (hex: string) => book.sent(bytesOf(hex)),
      got: (hex: string) => book.received(bytesOf(hex)),
    }
  }

  it('matches answers by sequence where they have one, and says what is pending', () => {
    const { all, book, sent, got } = account()
    const pipeSync = (sequence: string) => `83000000120000000a${sequence}007e01000000fa0100000001`.concat('7e')
    sent(pipeSync('0001'))
    sent(pipeSync('0002'))
    got('8800000003000300')
    expect(book.pending).toBe(2)
    got('8800000003000200')
    got('8800000003000200')
    got('8800000003000105')
    expect(book.pending).toBe(0)
    expect(all.types).toEqual({ '0x83': { sent: 2, answered: 2, refused: 1, unanswered: 0, unsent: 0 } })
    expect(all.received).toEqual({ '0x88': 4 })
  })

  it('matches an answer of the device and one of the server with the same pipe', () => {
    const { all, sent, got } = account()
    sent('73000000130000000a0002007e01000000f9f0010000f17e')
    sent('73000000130000000a0003007e01000000f9f0010000f17e')
    got('780000000700000063000205')
    got('7b0000000700000063000300')
    expect(all.types['0x73']).toEqual({ sent: 2, answered: 2, refused: 1, unanswered: 0, unsent: 0 })
  })

  it('takes answers without a sequence in order, and waits for none to what nobody answers', () => {
    const { all, book, sent, got } = account()
    for (const hex of [login(a), sync(a), ping, 'c3000000010c', '7b000000070000000a000100']) sent(hex)
    expect(book.pending).toBe(4)
    for (const hex of ['28000000020000', '4800000003010103', 'd800000000', 'c80000000b0d07e8030a010c041ffe0c']) got(hex)
    got('73000000130000000a0002007e01000000f8f0010000f17e')
    expect(book.pending).toBe(0)
    book.unsent(bytesOf(ping))
    expect(all.totals).toEqual({ sent: 5, answered: 4, refused: 1, unanswered: 0, unsent: 1 })
  })
})
