import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { describeFramingContract } from '../../../contract/framing.contract.ts'
import { bytesOf, hexOf, packetVectors, streamVectors } from './vectors.ts'

const largest = new Uint8Array(16_389)
largest.set([0x43, 0, 0, 0x40, 0])

describeFramingContract({
  name: 'CyncFraming',
  makeFraming: () => new CyncFraming(),
  messages: ['23', '43', '73', '83', '7b', 'd3']
    .map((type) => bytesOf(packetVectors.find(({ hex }) => hex.startsWith(type))!.hex))
    .concat(bytesOf('d800000000')),
  anyMessage: fc.constantFrom(...packetVectors.map(({ hex }) => bytesOf(hex))),
  illegal: bytesOf('ffffffff'),
  largest,
  oneMore: new Uint8Array(16_390),
  oneMoreOnStream: bytesOf('430000004001'),
  received: { lengthBytes: 16_385, limitBytes: 16_384 },
  sent: { lengthBytes: 16_390, limitBytes: 16_389 },
  // Of so many zeros nearly all are garbage, and what is asked is how much is held of it.
  makeDefault: () => new CyncFraming({ skippedBytesMax: Number.POSITIVE_INFINITY }),
  beginOfLargest: bytesOf('4300004000'),
  recovers: 'garbage is skipped and counted',
})

interface Cut {
  readonly packets: string[]
  readonly skippedBytes: number
  readonly resyncs: number
  readonly heldBytes: number
}

function cut(chunks: readonly Uint8Array[]): Cut {
  const framing = new CyncFraming()
  const packets: string[] = []
  for (const chunk of chunks) framing.push(chunk, (packet) => packets.push(hexOf(packet)))
  const { skippedBytes, resyncs, heldBytes } = framing
  return { packets, skippedBytes, resyncs, heldBytes }
}

const cutHex = (...chunks: string[]): Cut => cut(chunks.map(bytesOf))
const ping = 'd300000000'
const login = packetVectors.find(({ hex }) => hex.startsWith('23'))!.hex
const reply = '7b000000071bdcda3e001f00'
const state = '83000000256457e7f20328007e8e652211fadb13001111112b002b00db11020101643a0000000000057e'

describe('CyncFraming with captured streams', () => {
  it.each(streamVectors)('cuts $id as it was cut: $name', (vector) => {
    expect(cutHex(...vector.chunks)).toMatchObject({
      packets: vector.expectedPackets,
      heldBytes: vector.expectedRemainderHex.length / 2,
      skippedBytes: vector.expectedSkippedBytes ?? 0,
    })
  })

  it.each(streamVectors)('cuts $id the same wherever it is cut in two', (vector) => {
    const stream = bytesOf(vector.chunks.join(''))
    const whole = cut([stream])
    for (let place = 0; place <= stream.length; place++) {
      const parts = cut([stream.subarray(0, place), stream.subarray(place)])
      if (JSON.stringify(parts) !== JSON.stringify(whole)) expect({ place, ...parts }).toEqual({ place, ...whole })
    }
  })

  it.each(packetVectors)('passes on $id wherever it is cut in two, and byte by byte', ({ hex }) => {
    const packet = bytesOf(hex)
    for (let place = 0; place <= packet.length; place++) {
      expect(cut([packet.subarray(0, place), packet.subarray(place)]).packets).toEqual([hex])
    }
    expect(cut([...packet].map((byte) => Uint8Array.of(byte)))).toEqual({
      packets: [hex],
      skippedBytes: 0,
      resyncs: 0,
      heldBytes: 0,
    })
  })
})

describe('CyncFraming with garbage', () => {
  it.each([
    ['in front', '0000847e', [reply, ping], 4, 1],
    ['empty headers of type 0 in front', '0000000000'.repeat(100), [reply, ping], 500, 1],
    ['a header that promises 16,385 bytes', '8300004001', [reply, ping], 5, 1],
    ['a version that nobody has', '7100000007', [reply, ping], 5, 1],
    ['a type that nobody has', 'f300000000', [reply, ping], 5, 1],
    ['a single byte', 'ff', [reply, ping], 1, 1],
  ])('skips %s', (_what, garbage, rest, skippedBytes, resyncs) => {
    expect(cutHex(garbage + rest.join(''))).toEqual({ packets: rest, skippedBytes, resyncs, heldBytes: 0 })
    expect(cutHex(state + garbage + rest.join(''))).toMatchObject({ packets: [state, ...rest], skippedBytes, resyncs })
  })

  it('counts each run of garbage once, and says where it was', () => {
    const runs: [number, number][] = []
    const framing = new CyncFraming({ onSkipped: (count, position) => runs.push([count, position]) })
    framing.push(bytesOf(`${ping}ffff${reply}ffffff${ping}`), () => {})
    expect(framing).toMatchObject({ skippedBytes: 5, resyncs: 2, heldBytes: 0, position: 27 })
    expect(runs).toEqual([
      [2, 5],
      [3, 19],
    ])
  })

  it('takes a packet with a wrong checksum behind garbage when the next one shows that it is one', () => {
    const wrong = packetVectors.find(({ expected }) => expected.frame?.checksumOk === false)!.hex
    expect(cutHex(`ffff${wrong}`)).toMatchObject({ packets: [], heldBytes: wrong.length / 2 })
    expect(cutHex(`ffff${wrong}${ping}`)).toMatchObject({ packets: [wrong, ping], skippedBytes: 2 })
  })

  it('gives up a packet whose length is absurd but legal when others are found inside', () => {
    const run = [state, reply, ping, state]
    expect(cutHex(`8300003025${run.join('')}`)).toMatchObject({ packets: run, skippedBytes: 5 })
    expect(cutHex(`8300003025${run.join('')}${ping}`)).toMatchObject({ packets: [...run, ping], skippedBytes: 5 })
  })

  it('passes on a large packet at once, as a view of the chunk, when it is there', () => {
    const large = new Uint8Array(4_005)
    large.set([0x43, 0, 0, 0x0f, 0xa0])
    const views: Uint8Array[] = []
    new CyncFraming().push(large, (packet) => views.push(packet))
    expect(views.map((view) => [view.buffer === large.buffer, view.length])).toEqual([[true, 4_005]])
  })

  it('is in step again after one packet behind any garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...packetVectors), (garbage, { hex }) => {
        const run = [state, reply, hex, state, ping]
        const { packets } = cut([garbage, bytesOf(run.join('').repeat(2))])
        expect(packets.slice(-8)).toEqual([...run, ...run].slice(-8))
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds the same wherever the stream is cut, also in bytes that look like headers everywhere', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '43000010',
        '230000001a',
        '7300001200',
        'd300000000',
        '8300000025',
        '00',
        '7e',
        '4300002000',
        '10000000ff',
      ),
      fc.constantFrom(ping, reply, state, login),
      fc.uint8Array({ maxLength: 3 }).map(hexOf),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), fc.array(fc.nat(4_000), { maxLength: 20 }), (pieces, places) => {
        const stream = bytesOf(pieces.join(''))
        const ends = [...places.filter((place) => place < stream.length), stream.length].sort((a, b) => a - b)
        const whole = cut([stream])
        expect(cut(ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end)))).toEqual(whole)
        expect(cut([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  it('holds a packet and two headers at most, and nothing of a packet that was large', () => {
    const framing = new CyncFraming({ skippedBytesMax: Number.POSITIVE_INFINITY })
    const zeros = bytesOf(`43000040${'00'.repeat(4_000)}`)
    let heldMax = 0
    for (let round = 0; round < 50; round++) {
      for (let at = 0; at < zeros.length; at += 7) {
        framing.push(zeros.subarray(at, at + 7), () => {})
        heldMax = Math.max(heldMax, framing.heldBytes)
      }
    }
    expect(heldMax).toBeLessThanOrEqual(16_394)
  })
})

describe('CyncFraming with more garbage than it takes', () => {
  const limitText = 'no Cync packet in more than 65536 bytes, from stream offset 5 on'
  const failure = { name: 'ProtocolError', code: 'no-packet', message: limitText }

  it.each([65_536, 1_000, 1])('takes 65,536 bytes of it in a row, in pieces of %i', (pieceBytes) => {
    const seen: string[] = []
    const framing = new CyncFraming()
    const stream = bytesOf(`${ping}${'ff'.repeat(65_536)}${reply}${'ff'.repeat(65_536)}${state}`)
    pushAll(framing, stream, pieceBytes, (packet) => seen.push(hexOf(packet)))
    expect(seen).toEqual([ping, reply, state])
    expect(framing).toMatchObject({ skippedBytes: 131_072, resyncs: 2, heldBytes: 0 })
  })

  it.each([65_536, 1_000, 1])('ends the stream at one byte more, in pieces of %i, and stays so', (pieceBytes) => {
    const seen: string[] = []
    let skipped = 0
    const framing = new CyncFraming({ onSkipped: (count) => (skipped += count) })
    const stream = bytesOf(`${ping}${'ff'.repeat(65_537)}${reply}`)
    const push = () => pushAll(framing, stream, pieceBytes, (packet) => seen.push(hexOf(packet)))
    expect(push).toThrow(expect.objectContaining(failure))
    expect(push).toThrow(expect.objectContaining(failure))
    expect([seen, skipped, framing.skippedBytes, framing.position]).toEqual([[ping], 65_536, 65_536, 65_541])
  })

  it('takes as much as it is told', () => {
    const garbage = bytesOf('ff'.repeat(8))
    expect(() => new CyncFraming({ skippedBytesMax: 4 }).push(garbage, () => {})).not.toThrow()
    expect(() => new CyncFraming({ skippedBytesMax: 3 }).push(garbage, () => {})).toThrow('in more than 3 bytes')
    expect(() => new CyncFraming({ skippedBytesMax: 0 }).push(garbage, () => {})).toThrow('in more than 0 bytes')
    const wrong = () => new CyncFraming({ skippedBytesMax: -1 })
    expect(wrong).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-option' }))
    expect(wrong).toThrow('skippedBytesMax must be 0 or more bytes, or Infinity, got -1')
  })
})

function pushAll(framing: CyncFraming, stream: Uint8Array, pieceBytes: number, onFrame = (_: Uint8Array) => {}): void {
  for (let at = 0; at < stream.length; at += pieceBytes) framing.push(stream.subarray(at, at + pieceBytes), onFrame)
}

describe('CyncFraming: work', () => {
  /** Each was the most expensive of its kind: headers everywhere, that promise as much as is looked at, or as is legal. */
  const hostile = [
    '00',
    'ff',
    '10000000',
    '400000',
    '40000004',
    '4000003fff',
    '40000004f0000000',
    '43000010',
    '73000004',
    '7300000406007e',
    '7300000406007e7d',
    'd000000000',
    '23000000730400007300000000008e7e0a4708c3000a00001d8000000000008000000073000a000400000000000400014300',
  ]

  it.each(hostile)('is bounded by the bytes of a stream that repeats %s, wherever that is cut', (hex) => {
    const pattern = bytesOf(hex)
    const stream = Uint8Array.from({ length: 131_072 }, (_, index) => pattern[index % pattern.length]!)
    for (const pieceBytes of [65_536, 700, 16]) expect(workPerByte(stream, pieceBytes)).toBeLessThan(WORK_PER_BYTE)
  })

  it('is bounded by the bytes of any stream that is made of what headers and frames have', () => {
    const byte = fc.oneof(
      fc.constantFrom(0, 0, 0, 4, 0x7e, 0x7d),
      fc.constantFrom(0x10, 0x23, 0x40, 0x43, 0x73, 0x83, 0xa8, 0xab, 0xc0, 0xd0, 0xd3),
      fc.nat(255),
    )
    fc.assert(
      fc.property(
        fc.array(byte, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(16, 700, 65_536),
        (pattern, piece) => {
          const stream = Uint8Array.from({ length: 40_000 }, (_, index) => pattern[index % pattern.length]!)
          expect(workPerByte(stream, piece)).toBeLessThan(WORK_PER_BYTE)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is none for packets that are due', () => {
    const framing = new CyncFraming()
    for (const { hex } of packetVectors) framing.push(bytesOf(hex), () => {})
    expect(framing.work).toBe(0)
  })
})

/** Two looks for a header, four decodings, one move, and those that wait: up to 32 for each header, which has three bytes at least. */
const WORK_PER_BYTE = 18

function workPerByte(stream: Uint8Array, pieceBytes: number): number {
  const framing = new CyncFraming({ skippedBytesMax: Number.POSITIVE_INFINITY })
  pushAll(framing, stream, pieceBytes)
  return framing.work / stream.length
}

describe('CyncFraming: sending', () => {
  it.each([
    ['a header alone', '7b000000', 'a Cync packet has a header that says its length, got 4 bytes'],
    ['another length', `${reply}00`, 'a Cync packet has a header that says its length, got 13 bytes'],
    ['no header', 'ff00000000', 'a Cync packet has a header that says its length, got 5 bytes'],
  ])('refuses %s', (_what, hex, message) => {
    expect(() => new CyncFraming().checkMessage(bytesOf(hex))).toThrow(message)
  })
})
