import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeState } from '#actors/device/cync/announcement'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { cyncFrame } from '#actors/device/cync/frame-codec'
import type { CyncPacket } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { ControllerSession } from '#actors/device/gateway/controller-session'
import type { SessionOptions } from '#actors/device/gateway/session-ports'
import { newTotals } from '#actors/device/gateway/session-totals'

const options: SessionOptions = {
  probeAfterMs: 500,
  silenceMs: 90_000,
  loginTimeoutMs: 15_000,
  wrongChecksums: 'known-firmware',
}
const ID = 0x6457e7f2
const LOGIN = '230000001a036457e7f200103031323334353637383961626364656600003c'

/** A session with all that it said. */
function open(given: Partial<SessionOptions> = {}, isSending = true) {
  const said: unknown[] = []
  const totals = newTotals()
  const output = {
    send(packet: CyncPacket): boolean {
      if (isSending) said.push(Buffer.from(encodePacket(packet)).toString('hex'))
      return isSending
    },
    localTime: () =>
      ({
        ...{ type: 'time', year: 2025, month: 11, day: 7, weekday: 6, hour: 9, minute: 21, second: 32 },
        utcOffset: -600,
      }) as const,
    changed: () => said.push('changed'),
    loggedIn: (login: { deviceId: number }) => said.push(['login', login.deviceId]),
    report: (report: { address: number; isOn: boolean; source: string }) =>
      said.push(['report', report.address, report.isOn, report.source]),
    addressed: (address: number) => said.push(['address', address]),
    duplicate: () => said.push('duplicate'),
    acked: (inner: number) => said.push(['acked', inner]),
    ended: (inner: number, end: object) => said.push(['ended', inner, end]),
    close: (why: string) => said.push(['close', why]),
  }
  const session = new ControllerSession({ ...options, ...given }, output as never, totals, 0, 0x100)
  const take = (): unknown[] => said.splice(0)
  const receive = (hex: string, nowMs = 0): unknown[] => {
    session.receive(decodePacket(Buffer.from(hex, 'hex')).packet, nowMs)
    return take()
  }
  return { session, totals, take, receive }
}

function online(given: Partial<SessionOptions> = {}) {
  const opened = open(given)
  opened.receive(LOGIN)
  return opened
}

const hex = (packet: CyncPacket): string => Buffer.from(encodePacket(packet)).toString('hex')
const announcement = (sequence: number, isOn = true, address = 11): CyncPacket => {
  const state = { meshAddress: address, subElement: 0, isOnline: true, isOn, brightness: 13, colorMode: 10 }
  const frame = cyncFrame('announce', 1, 0xdb, encodeState({ ...state, rgb: [0, 0, 0] }, 1))
  return { type: 'pipe-sync', id: ID, sequence, flag: 0, frame }
}

describe('a session with a controller', () => {
  it('welcomes it, and probes it half a second later', () => {
    const { session, receive, take } = open()
    expect(receive(LOGIN, 1_000)).toEqual(['28000000020000', ['login', ID]])
    expect(session.dueMs).toBe(1_500)
    session.tick(1_499)
    expect(take()).toEqual([])
    session.tick(1_500)
    expect(take()).toEqual(['a3000000076457e7f2010000'])
    session.tick(1_600)
    expect(take()).toEqual([])
  })

  it.each([
    ['a sync, empty', '43000000076457e7f2010106', ['4800000003010100']],
    ['a ping', 'd300000000', ['d800000000']],
    ['a question for the time', 'c3000000010c', ['c80000000b0d07e90b070609' + '1520' + 'fda8']],
    ['an answer to nothing', '7b000000076457e7f2123400', []],
    ['a packet of an unknown type', '93000000020000', []],
    ['a welcome, which only servers give', '28000000020000', []],
  ])('answers %s', (_name, packet, wanted) => {
    const { receive } = online()
    expect(receive(packet)).toEqual(wanted)
  })

  it.each([
    ['a sync', '43000000076457e7f2010106', ['4800000003010103']],
    ['a pipe-sync', hex(announcement(7)), ['8800000003000703']],
    ['a pipe', hex({ ...(announcement(7) as object), type: 'pipe' } as CyncPacket), ['78000000076457e7f2000703']],
    ['an answer', '7b000000076457e7f2123400', []],
    ['a ping', 'd300000000', ['d800000000']],
  ])('before the login refuses %s with status 3, and takes the login all the same', (_name, packet, wanted) => {
    const { receive } = open()
    expect(receive(packet)).toEqual(wanted)
    expect(receive(LOGIN)).toEqual(['28000000020000', ['login', ID]])
  })

  it('refuses credentials with status 2, and ends', () => {
    const { receive, totals } = open({ isAuthorized: (id, code) => id === ID && code === 'another' })
    expect(receive(LOGIN)).toEqual(['28000000020200', ['close', 'refused']])
    expect(receive(LOGIN)).toEqual([])
    expect(totals).toMatchObject({ refusedLogins: 1, logins: 0 })
  })

  it('does not serve apps', () => {
    const { receive } = open()
    const app = {
      type: 'app-login',
      protocolVersion: 3,
      userId: 1,
      auth: 'x',
      flags: 0,
      keepAliveSeconds: 180,
    } as const
    expect(receive(hex({ ...app, trailing: new Uint8Array(0) }))).toEqual(['18000000020500', ['close', 'refused']])
  })

  it('welcomes the same controller again, and another one over the same connection as a new one', () => {
    const { receive } = online()
    expect(receive(LOGIN)).toEqual(['28000000020000'])
    const packet = hex(announcement(1))
    expect(receive(packet)).toHaveLength(2)
    const other = LOGIN.replace('6457e7f2', '6457e7f3')
    expect(receive(other)).toEqual(['28000000020000', 'changed', ['login', ID + 1]])
    expect(receive(packet)).toEqual(['8800000003000100', ['report', 11, true, 'announce']])
  })

  it('acknowledges a duplicate again, and does not pass it on', () => {
    const { receive, totals } = online()
    const packet = hex(announcement(0x2ff))
    expect(receive(packet)).toEqual(['880000000302ff00', ['report', 11, true, 'announce']])
    expect(receive(packet, 9_000)).toEqual(['880000000302ff00', 'duplicate'])
    expect(receive(packet, 20_000)).toEqual(['880000000302ff00', ['report', 11, true, 'announce']])
    expect(totals.duplicates).toBe(1)
  })

  it('ends when it says so, when it is silent, and when it does not log in', () => {
    expect(online().receive('e30000000103')).toEqual([['close', 'left']])
    const silent = online()
    expect(silent.receive('d300000000', 10_000)).toEqual(['d800000000'])
    silent.session.tick(99_000)
    expect(silent.take()).toEqual([expect.stringMatching(/^a3/)])
    silent.session.tick(100_000)
    expect(silent.take()).toEqual([['close', 'silent']])
    expect(silent.session.dueMs).toBe(Number.POSITIVE_INFINITY)
    const stranger = open()
    stranger.receive('d300000000', 14_000) // talking puts nothing off
    stranger.session.tick(15_000)
    expect(stranger.take()).toEqual([['close', 'no-login']])
  })

  it('takes a shorter keep-alive at its word', () => {
    const { session, receive } = open({ probeAfterMs: Number.POSITIVE_INFINITY })
    receive(`${LOGIN.slice(0, -4)}001e`, 0)
    expect(session.dueMs).toBe(45_000)
  })

  it('tells one that is connected twice that it is', () => {
    const { session, take, totals } = online()
    session.replace()
    expect(take()).toEqual(['e00000000103', ['close', 'replaced']])
    session.replace()
    expect(take()).toEqual([])
    expect(totals.replaced).toBe(1)
  })
})

describe('commands over a session', () => {
  const DATA = Uint8Array.of(1, 2, 3)
  const asked = (sequence: number, status: number, origin = '7b'): string =>
    `${origin}000000076457e7f2${sequence.toString(16).padStart(4, '0')}${status.toString(16).padStart(2, '0')}`
  const answered = (inner: number, result: number, outer = 0): string =>
    hex({
      ...{ type: 'pipe', id: ID, sequence: outer, flag: 0 },
      frame: cyncFrame('response', inner, 0xd0, Uint8Array.of(result)),
    } as CyncPacket)
  const reply = (outer: number): string => asked(outer, 0)

  it('go out with sequences of their own, and end with the answer of the mesh', () => {
    const { session, receive, take } = online()
    expect(session.sendFrame(77, 0xd0, DATA, 0)).toBe(true)
    const [sent] = take() as [string]
    expect(decodePacket(Buffer.from(sent, 'hex')).packet).toMatchObject({
      ...{ type: 'pipe', id: ID, sequence: 0x100, flag: 0 },
      frame: { sequence: 77, direction: 'request', command: 0xd0 },
    })
    expect(receive(reply(0x100), 20)).toEqual([['acked', 77]])
    expect(receive(answered(77, 0), 30)).toEqual([reply(0), ['ended', 77, { kind: 'result', result: 0 }]])
  })

  it('end with that answer also where the one of the controller comes behind it', () => {
    const { session, receive, take, totals } = online()
    session.sendFrame(77, 0xd0, DATA, 0)
    take()
    expect(receive(answered(77, 0))).toEqual([reply(0), ['ended', 77, { kind: 'result', result: 0 }]])
    expect(receive(reply(0x100))).toEqual([])
    expect(receive(reply(0x100))).toEqual([])
    expect(totals).toMatchObject({ lateReplies: 1, strayReplies: 0 })
  })

  it.each([
    ['by the controller', asked(0x100, 1), { kind: 'refused', status: 1 }],
    ['by the server of a cloud, not authorised', asked(0x100, 5, '78'), { kind: 'refused', status: 5 }],
    ['by the server of a cloud, offline', asked(0x100, 10, '78'), { kind: 'refused', status: 10 }],
  ])('are refused %s', (_name, packet, end) => {
    const { session, receive, take } = online()
    session.sendFrame(77, 0xd0, DATA, 0)
    take()
    expect(receive(packet)).toEqual([['ended', 77, end]])
  })

  it('are not refused by what comes half a minute behind an answer', () => {
    const { session, receive, take, totals } = online()
    session.sendFrame(77, 0xd0, DATA, 0)
    receive(reply(0x100), 20)
    take()
    expect(receive(asked(0x100, 10, '78'), 30_500)).toEqual([])
    expect(totals.lateReplies).toBe(1)
    // A new command has another sequence.
    session.sendFrame(78, 0xd0, DATA, 30_600)
    expect(take()).toEqual([expect.stringContaining('6457e7f20101')])
    expect(receive(asked(0x100, 10, '78'), 31_000)).toEqual([])
  })

  it('are told apart by command: an answer to another one ends none', () => {
    const { session, receive, take, totals } = online()
    session.sendFrame(77, 0xf0, DATA, 0)
    take()
    expect(receive(answered(77, 0))).toEqual([reply(0)])
    expect(totals.strayReplies).toBe(1)
  })

  it('do not go out where nobody is logged in, or nothing is taken', () => {
    expect(open().session.sendFrame(1, 0xd0, DATA, 0)).toBe(false)
    const full = open({}, false)
    full.receive(LOGIN)
    expect(full.session.sendFrame(1, 0xd0, DATA, 0)).toBe(false)
  })

  it('do not take an answer with a wrong checksum for one', () => {
    const { session, receive, take, totals } = online()
    session.sendFrame(77, 0xd0, DATA, 0)
    take()
    const good = answered(77, 0)
    const bad = `${good.slice(0, -4)}00${good.slice(-2)}`
    expect(receive(bad)).toEqual([reply(0)])
    expect(totals).toMatchObject({ wrongChecksums: 1, distrustedFrames: 1, duplicates: 0 })
    expect(receive(good)).toEqual([reply(0), ['ended', 77, { kind: 'result', result: 0 }]])
  })

  it('never answer an answer', () => {
    const replies = fc.tuple(fc.constantFrom('7b', '78'), fc.nat(0x120), fc.nat(255))
    fc.assert(
      fc.property(fc.array(replies), (given) => {
        const { session, receive, take } = online()
        session.sendFrame(77, 0xd0, DATA, 0)
        take()
        for (const [origin, outer, status] of given) {
          const said = receive(asked(outer, status, origin))
          expect(said.filter((one) => typeof one === 'string')).toEqual([])
        }
      }),
    )
  })
})

interface Vector {
  readonly id: string
  readonly hex: string
  readonly direction: string
  readonly meaning: string
}

const vectors = (
  JSON.parse(readFileSync(new URL('../cync/vectors/cync.json', import.meta.url), 'utf8')) as readonly Vector[]
).filter(({ direction }) => direction.startsWith('device'))

describe('captured packets of devices', () => {
  it('are each answered with what is due to them, and nothing else', () => {
    expect(vectors.length).toBeGreaterThan(30)
    for (const { hex: bytes, id } of vectors) {
      const { receive } = online()
      const { packet } = decodePacket(Buffer.from(bytes, 'hex'))
      const answers = receive(bytes).filter((one) => typeof one === 'string')
      const due = { sync: '48', 'pipe-sync': '88', pipe: '7b', ping: 'd8', 'time-request': 'c8', 'device-login': '28' }
      const wanted = (due as Record<string, string>)[packet.type]
      if (packet.type === 'device-login') continue // another controller than the one that is logged in
      const kinds = answers.filter((one) => one !== 'duplicate').map((answer) => (answer as string).slice(0, 2))
      expect([id, kinds]).toEqual([id, wanted === undefined ? [] : [wanted]])
    }
  })

  it('tell states also where one firmware sends wrong checksums', () => {
    const burst = vectors.find(({ id }) => id === 'v006')!
    const { receive, totals } = online()
    expect(receive(burst.hex)).toEqual(['880000000302ff00', ['report', 11, false, 'announce']])
    expect(totals).toMatchObject({ wrongChecksums: 1, distrustedFrames: 0 })
    const refusing = online({ wrongChecksums: 'refuse' })
    expect(refusing.receive(burst.hex)).toEqual(['880000000302ff00'])
  })

  it('tell all states of a list', () => {
    const list = vectors.find(({ id }) => id === 'v008')!
    const { receive } = online()
    const said = receive(list.hex)
    expect(said[0]).toBe('4800000003010100')
    expect(said.filter((one) => Array.isArray(one) && one[0] === 'report').length).toBeGreaterThan(10)
  })
})

describe('a session', () => {
  it('survives any bytes, and mutated packets', () => {
    const packets = fc.constantFrom(...vectors.map(({ hex: bytes }) => Buffer.from(bytes, 'hex')))
    const mutated = fc.tuple(packets, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }))
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), { maxLength: 20 }), (chunks) => {
        const { session } = online()
        const framing = new CyncFraming()
        let nowMs = 0
        for (const chunk of chunks) {
          const bytes = Array.isArray(chunk) ? Buffer.from(chunk[0]) : Buffer.from(chunk)
          if (Array.isArray(chunk)) for (const [at, byte] of chunk[1]) if (at < bytes.length) bytes[at] = byte
          nowMs += 10
          framing.push(bytes, (packet) => session.receive(decodePacket(packet).packet, nowMs))
          session.tick(nowMs)
        }
      }),
      { numRuns: 300 },
    )
  })
})
