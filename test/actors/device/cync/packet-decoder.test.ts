import { describe, expect, it } from 'vitest'
import type { CyncPacket } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket, probeReplyFill } from '#actors/device/cync/packet-encoder'
import { bytesOf, hexOf } from './vectors.ts'

const none = new Uint8Array(0)

/** Types of which no capture is among the vectors. Both ways. */
const packets: readonly (readonly [hex: string, packet: CyncPacket])[] = [
  ['28000000020000', { type: 'device-login-reply', status: 0, reserved: 0 }],
  ['18000000020200', { type: 'app-login-reply', status: 2, reserved: 0 }],
  [
    '130000001003000000070004616263640000b41020',
    {
      type: 'app-login',
      protocolVersion: 3,
      userId: 7,
      auth: 'abcd',
      flags: 0,
      keepAliveSeconds: 180,
      trailing: Uint8Array.of(0x10, 0x20),
    },
  ],
  ['c3000000010c', { type: 'time-request' }],
  ['c3000000030a0102', { type: 'cloud-event', subType: 10, data: Uint8Array.of(1, 2) }],
  ['d800000000', { type: 'pong' }],
  ['e30000000103', { type: 'disconnect', from: 'client', reason: 3 }],
  ['e00000000103', { type: 'disconnect', from: 'server', reason: 3 }],
  [
    'a8000000080000000700010a00',
    { type: 'probe-reply', origin: 'server', id: 7, sequence: 1, status: 10, flags: 0, name: '', trailing: none },
  ],
  ['a300000008000000070001020f', { type: 'probe', id: 7, sequence: 1, flags: 2, trailing: Uint8Array.of(15) }],
  [
    '43000000110000000701010600000705010300000000',
    {
      type: 'sync',
      deviceId: 7,
      messageId: 257,
      flags: 6,
      entries: [
        {
          index: 0,
          kind: 0,
          value: Uint8Array.of(5, 1, 3, 0, 0, 0, 0),
          outlets: { meshAddress: 5, isOn: true, outletMask: 3 },
        },
      ],
      trailing: none,
    },
  ],
]

describe('decodePacket and encodePacket', () => {
  it.each(packets)('read and write %s', (hex, packet) => {
    const known = decodePacket(bytesOf(hex))
    expect(known).toEqual({ packet, problems: [] })
    expect(hexOf(encodePacket(packet))).toBe(hex)
  })

  it('write the reply to a probe as a device does, filled up to 1,024 bytes', () => {
    const name = 'xlink_dev'
    const trailing = probeReplyFill(name)
    const bytes = encodePacket({
      type: 'probe-reply',
      origin: 'peer',
      id: 1,
      sequence: 2,
      status: 0,
      flags: 7,
      name,
      trailing,
    })
    expect([bytes.length, hexOf(bytes.subarray(0, 24))]).toEqual([
      1_024,
      'ab000003fb00000001000200070009786c696e6b5f646576',
    ])
  })

  it('write an unknown packet as it is', () => {
    const { packet } = decodePacket(bytesOf('33000000020102'))
    expect(packet).toEqual({ type: 'unknown', header: 0x33, payload: Uint8Array.of(1, 2) })
    expect(hexOf(encodePacket(packet))).toBe('33000000020102')
  })
})

describe('decodePacket', () => {
  it.each([
    ['', 'malformed', ['wrong-length', 'malformed']],
    ['23', 'malformed', ['wrong-length', 'malformed']],
    ['2300000001', 'malformed', ['wrong-length', 'malformed']],
    ['230000000103', 'malformed', ['malformed']],
    ['230000000a0300000001ffff000000', 'malformed', ['malformed']],
    ['230000000b03000000010000000000ff', 'device-login', ['trailing-bytes']],
    ['200000000a03000000010000000000', 'device-login', ['unusual-header']],
    ['100000000a03000000010000000000', 'app-login', ['unusual-header']],
    ['2800000000', 'malformed', ['malformed']],
    ['280000000100', 'device-login-reply', []],
    ['2800000003000000', 'device-login-reply', ['trailing-bytes']],
    ['4300000006000000010101', 'malformed', ['malformed']],
    ['430000000b0000000101010605001001', 'sync', ['broken-entry']],
    ['4300000009000000010101060500', 'sync', ['trailing-bytes']],
    ['480000000101', 'malformed', ['malformed']],
    ['4b00000003010100', 'sync-reply', ['unusual-header']],
    ['7300000000', 'malformed', ['malformed']],
    ['7300000008000000010000007e', 'malformed', ['malformed']],
    ['7800000006000000010000', 'malformed', ['malformed']],
    ['78000000080000000100000000', 'pipe-reply', ['trailing-bytes']],
    ['88000000020000', 'malformed', ['malformed']],
    ['a300000006000000010001', 'malformed', ['malformed']],
    ['a300000009000000010001000000', 'probe', ['trailing-bytes']],
    ['ab00000006000000010001', 'malformed', ['malformed']],
    ['ab0000000700000001000100', 'probe-reply', []],
    ['ab0000000b000000010001000700ff61', 'probe-reply', ['broken-name']],
    ['c300000000', 'malformed', ['malformed']],
    ['c8000000020d07', 'malformed', ['malformed']],
    ['c30000000b0d07e8030a010c041ffe0c', 'time', ['unusual-header']],
    ['c8000000010c', 'time-request', ['unusual-header']],
    ['d00000000100', 'ping', ['unusual-header', 'trailing-bytes']],
    ['e300000000', 'malformed', ['malformed']],
    ['e3000000020300', 'disconnect', ['trailing-bytes']],
    ['eb000000020300', 'unknown', ['unknown-type']],
    ['9300000000', 'unknown', ['unknown-type']],
    ['d30000000000', 'ping', ['wrong-length']],
  ])('makes of %s %s, noting %j', (hex, type, problems) => {
    const decoded = decodePacket(bytesOf(hex))
    expect([decoded.packet.type, decoded.problems]).toEqual([type, problems])
  })

  it('answers views of what it was given, wherever that lies', () => {
    const packet = bytesOf('7300000014000000010000007e1f000000f8af0200af01617e')
    const room = new Uint8Array(100)
    room.set(packet, 50)
    const decoded = decodePacket(room.subarray(50, 50 + packet.length)).packet
    if (decoded.type !== 'pipe') throw new Error(decoded.type)
    expect([decoded.frame.data.buffer === room.buffer, hexOf(decoded.frame.data)]).toEqual([true, 'af01'])
  })
})

describe('encodePacket', () => {
  const login: CyncPacket = {
    type: 'device-login',
    protocolVersion: 3,
    deviceId: 1,
    auth: 'a',
    flags: 0,
    keepAliveSeconds: 60,
  }
  const time: CyncPacket = {
    type: 'time',
    year: 2025,
    month: 1,
    day: 1,
    weekday: 4,
    hour: 0,
    minute: 0,
    second: 0,
    utcOffset: 0,
  }
  const sync: CyncPacket = { type: 'sync', deviceId: 1, messageId: 257, flags: 6, entries: [], trailing: none }

  it.each<readonly [object, string]>([
    [{ ...login, deviceId: -1 }, 'id must be a whole number from 0 to 4294967295, got -1'],
    [{ ...login, keepAliveSeconds: 65_536 }, 'keepAliveSeconds must be a whole number from 0 to 65535, got 65536'],
    [{ ...login, auth: '✓' }, "auth must have characters of one byte, got '✓'"],
    [{ ...login, auth: 'a'.repeat(70_000) }, 'auth.length must be a whole number from 0 to 65535, got 70000'],
    [{ ...login, auth: 'a'.repeat(20_000) }, 'payload.length must be a whole number from 0 to 16384, got 20010'],
    [{ ...time, month: 0 }, 'month must be a whole number from 1 to 12, got 0'],
    [{ ...time, weekday: 8 }, 'weekday must be a whole number from 1 to 7, got 8'],
    [{ ...time, utcOffset: -1_500 }, 'utcOffset must be a whole number from -1459 to 1459, got -1500'],
    [{ ...sync, trailing: new Uint8Array(3) }, 'trailing.length must be a whole number from 0 to 2, got 3'],
    [
      { ...sync, entries: [{ index: 256, kind: 0, value: none }] },
      'entry.index must be a whole number from 0 to 255, got 256',
    ],
    [
      { ...sync, entries: [{ index: 1, kind: 16, value: none }] },
      'entry.kind must be a whole number from 0 to 15, got 16',
    ],
    [
      { ...sync, entries: [{ index: 1, kind: 0, value: new Uint8Array(4_096) }] },
      'entry.value.length must be a whole number',
    ],
    [{ type: 'sync-reply', messageId: 1, status: 1.5 }, 'status must be a whole number from 0 to 255, got 1.5'],
    [{ type: 'unknown', header: 256, payload: none }, 'header must be a whole number from 0 to 255, got 256'],
    [{ type: 'malformed', header: 1, payload: none }, 'a malformed packet cannot be encoded'],
  ])('refuses %o', (packet, message) => {
    const encode = () => encodePacket(packet as CyncPacket)
    expect(encode).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-packet' }))
    expect(encode).toThrow(message)
  })
})
