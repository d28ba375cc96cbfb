import { describe, expect, it } from 'vitest'
import { LOGIN_TIMEOUT_MS, QUIET_AFTER_MS } from '#actors/device/simulator/device-session'
import { Mesh } from '#actors/device/simulator/mesh'
import { SYNC_EVERY_MS } from '#actors/device/simulator/state-announcer'
import { ASKER, deviceWith, LoneSession, power } from './lone-session.ts'

const types = (lone: LoneSession): string[] => lone.sent.map(({ decoded }) => decoded.packet.type)
const pong = { type: 'pong' } as const

describe('a device that connects', () => {
  it('logs in and says what it has to say, without waiting for an answer', () => {
    const lone = new LoneSession()
    expect(types(lone)).toEqual([
      'device-login',
      'sync',
      'pipe-sync', // version of its network part
      'pipe-sync', // its own
      'pipe-sync', // three lamps
      'pipe-sync',
      'pipe-sync',
      'time-request',
    ])
    expect(lone.of('device-login')[0]).toMatchObject({
      deviceId: 0x101,
      auth: '0123456789abcdef',
      keepAliveSeconds: 60,
    })
    expect(lone.of('sync')[0]?.entries.map(({ index, record }) => [index, record?.meshAddress])).toEqual([[5, 1]])
    expect(lone.of('pipe-sync').map(({ sequence, id }) => [sequence, id])).toEqual(
      [1, 2, 3, 4, 5].map((sequence) => [sequence, 0x101]),
    )
    expect(lone.sent.flatMap(({ decoded }) => decoded.problems)).toEqual(['zero-lead-byte', 'zero-lead-byte'])
  })

  it('is online when it is accepted, and only once', () => {
    const lone = new LoneSession().accept().accept()
    expect([lone.told, lone.session.phase, lone.device.tally.loginCount]).toEqual([['online'], 'online', 1])
  })

  it('gives up when it is refused', () => {
    const lone = new LoneSession()
    lone.receive({ type: 'device-login-reply', status: 2, reserved: 0 })
    expect([lone.ending, lone.session.phase]).toEqual(['login-refused', 'ended'])
  })

  it('gives up after 14.75 s without an answer, having sent its login once', () => {
    const lone = new LoneSession()
    lone.pass(LOGIN_TIMEOUT_MS - 1)
    expect([lone.ending, lone.of('device-login').length]).toEqual([undefined, 1])
    lone.pass(1)
    expect([lone.ending, lone.session.nextDueMs]).toEqual(['not-accepted', Number.POSITIVE_INFINITY])
  })

  it('still tells of changes while nobody has accepted it, at most once a second', () => {
    const mesh = new Mesh(3)
    const lone = new LoneSession({ mesh })
    lone.take()
    for (let n = 0; n < 12; n++) {
      lone.pass(250)
      mesh.change(2, { isOn: n % 2 === 0 })
    }
    const times = lone.sent.filter(({ decoded }) => decoded.packet.type === 'sync').map(({ atMs }) => atMs)
    expect(times).toEqual([2_000, 3_000, 4_000])
  })

  it('does nothing any more when its connection is gone', () => {
    const lone = new LoneSession().accept()
    lone.session.closed()
    lone.take()
    lone.request(1, 0xd0, power(1, true))
    lone.device.mesh.change(2, { isOn: true })
    lone.session.press(1, { isOn: true }, lone.nowMs)
    lone.pass(100_000)
    expect(lone.sent).toEqual([])
  })
})

describe('the sequences of a device', () => {
  it('go on over a reconnect: 83 from 1, its own 73 from 0', () => {
    const first = new LoneSession().accept()
    first.request(9, 0xd0, power(1, true))
    expect(first.of('pipe').map(({ sequence }) => sequence)).toEqual([0])
    const last = first.of('pipe-sync').at(-1)?.sequence as number
    first.session.closed()
    const second = new LoneSession({ device: first.device }).accept()
    expect(second.of('pipe-sync')[0]?.sequence).toBe(last + 1)
    second.request(10, 0xd0, power(1, true))
    expect(second.of('pipe').map(({ sequence }) => sequence)).toEqual([1])
  })

  it('wrap at 16 bits', () => {
    const device = { ...deviceWith(), sequences: { pipeSync: 0xffff, pipe: 0xffff } }
    const lone = new LoneSession({ device }).accept()
    expect(lone.of('pipe-sync').map(({ sequence }) => sequence)).toEqual([0xffff, 0, 1, 2, 3])
    lone.request(1, 0xd0, power(1, true))
    lone.request(2, 0xd0, power(1, true))
    expect(lone.of('pipe').map(({ sequence }) => sequence)).toEqual([0xffff, 0])
  })
})

describe('the pings of a device', () => {
  it('come 20 to 22 s after what it last sent, and not before', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.pass(19_999)
    expect(types(lone)).toEqual([])
    lone.pass(2_001)
    expect(types(lone)).toEqual(['ping'])
  })

  it('are put off by everything else that it sends', () => {
    const lone = new LoneSession().accept()
    for (let n = 0; n < 10; n++) {
      lone.pass(15_000)
      lone.request(n, 0xd0, power(1, true))
    }
    expect(lone.of('ping')).toEqual([])
  })

  it('end the session when three have had no answer', () => {
    const lone = new LoneSession().accept()
    lone.pass(200_000)
    expect([lone.of('ping').length, lone.ending, lone.told]).toEqual([3, 'silent-server', ['online', 'quiet']])
  })

  it('show that the server is quiet after ten seconds, and that it is back', () => {
    const lone = new LoneSession().accept()
    lone.take()
    while (lone.sent.length === 0) lone.goTo(lone.session.nextDueMs)
    lone.pass(QUIET_AFTER_MS - 1)
    expect(lone.told).toEqual(['online'])
    lone.pass(1)
    expect(lone.told).toEqual(['online', 'quiet'])
    lone.receive(pong)
    lone.receive(pong)
    expect(lone.told).toEqual(['online', 'quiet', 'not quiet'])
  })

  it('go on for hours while they are answered', () => {
    const lone = new LoneSession().accept()
    for (let n = 0; n < 600; n++) {
      lone.pass(12_000)
      lone.receive(pong)
    }
    expect(lone.ending).toBeUndefined()
    expect(lone.of('ping').length).toBeGreaterThan(290)
  })
})

describe('a command', () => {
  it('is answered by 7b with its outer sequence, f9 with its inner, and the state by 83 and 43', () => {
    const lone = new LoneSession().accept()
    lone.pass(SYNC_EVERY_MS)
    lone.take()
    lone.request(0x12345678, 0xd0, power(2, true), 77)
    expect(types(lone)).toEqual(['pipe-reply', 'pipe', 'pipe-sync', 'sync'])
    expect(lone.of('pipe-reply')[0]).toMatchObject({ origin: 'peer', id: ASKER, sequence: 77, status: 0 })
    expect(lone.of('pipe')[0]?.frame).toMatchObject({ sequence: 0x12345678, direction: 'response', command: 0xd0 })
    expect([...lone.of('pipe')[0]!.frame.data]).toEqual([0])
    const { frame } = lone.of('pipe-sync')[0]!
    expect(frame).toMatchObject({ sequence: 0x12345678, direction: 'announce', command: 0xdb, isChecksumGood: true })
    expect([frame.data[3], frame.data[11]]).toEqual([2, 1])
    expect(lone.of('sync')[0]?.entries[0]?.record).toMatchObject({ meshAddress: 2, isOn: true, isOnline: true })
  })

  it('for a group changes all of its lamps and is answered once', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.request(1, 0xd0, power(0x8007, true))
    expect(lone.of('pipe').length).toBe(1)
    expect(lone.of('pipe-sync').length).toBe(2)
    expect([1, 2, 3].map((address) => lone.device.mesh.state(address).isOn)).toEqual([false, true, true])
  })

  it('for a lamp that there is not is taken, and nothing changes', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.request(1, 0xd0, power(99, true))
    expect(types(lone)).toEqual(['pipe-reply', 'pipe'])
    expect([...lone.of('pipe')[0]!.frame.data]).toEqual([0])
  })

  it('that makes no sense has a result that says so', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.request(1, 0xd2, '01')
    expect([...lone.of('pipe')[0]!.frame.data]).toEqual([1])
  })

  it('that comes again is answered again, and counted', () => {
    const lone = new LoneSession().accept()
    for (const outer of [1, 2, 3]) lone.request(5, 0xd0, power(1, true), outer)
    expect(lone.of('pipe-reply').map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect([lone.device.tally.commandCount, lone.device.tally.duplicateCount]).toEqual([3, 2])
  })

  it('is answered after the latencies of its profile, 7b before f9', () => {
    const lone = new LoneSession({ profile: 'busy' }).accept()
    lone.take()
    lone.request(1, 0xd0, power(1, true))
    expect(lone.sent).toEqual([])
    lone.pass(15_000)
    const at = (type: string) => lone.sent.find(({ decoded }) => decoded.packet.type === type)!.atMs
    expect(at('pipe-reply')).toBeGreaterThan(1_000)
    expect(at('pipe')).toBeGreaterThanOrEqual(at('pipe-reply'))
    expect(at('pipe-sync')).toBeGreaterThanOrEqual(1_200)
  })

  it('is never answered more than 512 at a time: more are left out, and counted', () => {
    const lone = new LoneSession({ profile: 'busy' }).accept()
    for (let n = 0; n < 600; n++) lone.request(n, 0xaf, 'af01')
    expect(lone.device.tally.overrunCount).toBe(600 * 2 - 512)
    lone.pass(30_000)
    expect(lone.of('pipe-reply').length + lone.of('pipe').length).toBe(512)
  })
})

describe('other requests', () => {
  it('a probe is answered with 1,024 bytes', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.receive({ type: 'probe', id: 7, sequence: 300, flags: 2, trailing: new Uint8Array(0) })
    expect(lone.sent[0]?.bytes.length).toBe(1_024)
    expect(lone.of('probe-reply')[0]).toMatchObject({ id: 7, sequence: 300, status: 0, name: 'xlink_dev' })
  })

  it('mesh states are answered shortly and then in pages, the device itself first', () => {
    const lone = new LoneSession({ mesh: new Mesh(70), meshAddress: 5 }).accept()
    lone.take()
    lone.request(31, 0x52, '0000ffff0000')
    const pages = lone.of('pipe').map(({ frame }) => frame.data)
    expect(pages.map((data) => data.length)).toEqual([1, 6 + 31 * 24, 6 + 31 * 24, 6 + 8 * 24])
    const heads = pages.slice(1).map((data) => new Uint16Array(data.slice(0, 6).buffer))
    expect(heads.map((head) => [...head])).toEqual([
      [31, 0, 70],
      [31, 31, 70],
      [8, 62, 70],
    ])
    expect([pages[1]![6], pages[1]![8], pages[2]![8]]).toEqual([5, 0x44, 0])
  })

  it('old firmware sends the page alone', () => {
    const lone = new LoneSession({ firmware: 'legacy' }).accept()
    lone.take()
    lone.request(31, 0x52, '0000ffff0000')
    expect(lone.of('pipe').map(({ frame }) => frame.data.length)).toEqual([6 + 3 * 24])
  })

  it('what is passed through is answered with a text or a mode', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.request(31, 0x8e, '01000000000100ea11021006')
    lone.request(32, 0x8e, '01000000000100f711020102')
    const notices = lone.of('pipe').filter(({ frame }) => frame.direction === 'announce')
    expect(
      notices.map(({ frame }) => Buffer.from(frame.data.subarray(11)).toString('latin1').replaceAll('\0', '')),
    ).toEqual(['\u008510052', '\u0081P'])
  })

  it('answers are not answered, and what makes no sense is counted', () => {
    const lone = new LoneSession().accept()
    lone.take()
    lone.receive({ type: 'pipe-reply', origin: 'peer', id: 1, sequence: 1, status: 0 })
    lone.receive({ type: 'sync-reply', messageId: 0x101, status: 3 })
    lone.receive({ type: 'pipe-sync-reply', sequence: 1, status: 0 })
    lone.receive({ type: 'malformed', header: 0x73, payload: new Uint8Array(3) })
    lone.receive({ type: 'ping' })
    expect(lone.sent).toEqual([])
    expect([lone.device.tally.refusedPackets, lone.device.tally.garbagePackets]).toEqual([1, 2])
  })

  it('a goodbye ends the session at once', () => {
    const lone = new LoneSession().accept()
    lone.receive({ type: 'disconnect', from: 'server', reason: 3 })
    expect(lone.ending).toBe('kicked')
  })
})

describe('controllers of one home', () => {
  const twoOf = (profile: 'instant' | 'quiet') => {
    const mesh = new Mesh(4)
    const one = new LoneSession({ mesh, meshAddress: 1, profile }).accept()
    const other = new LoneSession({ mesh, meshAddress: 2, profile, seed: 2 }).accept()
    for (const lone of [one, other]) {
      lone.pass(SYNC_EVERY_MS)
      lone.take()
    }
    return [one, other] as const
  }

  it('all tell of a change that came by one of them, each under its own id and number', () => {
    const [one, other] = twoOf('instant')
    one.request(1, 0xd0, power(3, true))
    expect(types(one)).toEqual(['pipe-reply', 'pipe', 'pipe-sync', 'sync'])
    expect(types(other)).toEqual(['pipe-sync', 'sync'])
    expect([one, other].map((lone) => lone.of('sync')[0]?.deviceId)).toEqual([0x101, 0x102])
    expect(other.of('sync')[0]?.entries[0]?.record).toMatchObject({ meshAddress: 3, reporterAddress: 2, isOn: true })
  })

  it('tell of what the others did 0.3 to 0.8 s later', () => {
    const [one, other] = twoOf('quiet')
    one.session.press(1, { isOn: true }, one.nowMs)
    expect([types(one), types(other)]).toEqual([['pipe-sync', 'sync'], []])
    const atMs = other.nowMs
    other.pass(800)
    expect(types(other)).toEqual(['pipe-sync', 'sync'])
    expect(other.sent[0]!.atMs - atMs).toBeGreaterThanOrEqual(300)
  })
})

describe('firmware', () => {
  it('that deviates sends what decodes all the same, with the problem named', () => {
    const mesh = new Mesh(3)
    mesh.change(2, { rgb: [0x7d, 0x7e, 1] })
    const problems = (firmware: 'fan-switch' | 'unescaped' | 'stale-checksum' | 'trailing-bytes') => {
      const lone = new LoneSession({ mesh, firmware })
      expect(lone.sent.map(({ decoded }) => decoded.packet.type)).not.toContain('malformed')
      return new Set(lone.sent.flatMap(({ decoded }) => decoded.problems))
    }
    expect(problems('unescaped')).toEqual(new Set(['zero-lead-byte', 'not-escaped']))
    expect(problems('stale-checksum')).toEqual(new Set(['zero-lead-byte', 'wrong-checksum']))
    expect(problems('fan-switch')).toEqual(
      new Set(['zero-lead-byte', 'not-escaped', 'wrong-checksum', 'trailing-bytes']),
    )
  })

  it('appends two bytes to what it syncs where it is known for that', () => {
    expect(new LoneSession({ firmware: 'trailing-bytes' }).of('sync')[0]?.trailing.length).toBe(2)
    expect(new LoneSession({ firmware: 'bulb' }).of('sync')[0]?.trailing.length).toBe(0)
  })

  it('repeats the checksum of the first packet in its burst, with good data, and not afterwards', () => {
    const lone = new LoneSession({ firmware: 'stale-checksum' }).accept()
    const burst = lone.of('pipe-sync').filter(({ frame }) => frame.command === 0xdb)
    expect(burst.map(({ frame }) => frame.isChecksumGood)).toEqual([true, false, false])
    expect(burst.map(({ frame }) => frame.sequence >>> 16)).toEqual([0x1122, 0x1122, 0x1122])
    lone.take()
    lone.request(1, 0xd0, power(2, true))
    expect(lone.of('pipe-sync').map(({ frame }) => frame.isChecksumGood)).toEqual([true])
  })
})
