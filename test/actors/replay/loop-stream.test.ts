import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LoopStream } from '#actors/replay/loop-stream'
import { parseRecordings } from '#actors/replay/recording'

const lines = ['d300000000', 'c3000000010cd3', '00000000'].map((hex, index) => ({
  ms: index * 10,
  conn: 0,
  dir: 'device->server',
  hex,
}))
const recording = parseRecordings(lines.map((line) => JSON.stringify(line)).join('\n'))[0]!
const stream = new LoopStream(recording)
const loopBytes = recording.bytes.length

/** The loop written out. */
const unrolled = (byteCount: number) =>
  Uint8Array.from({ length: byteCount }, (_, index) => recording.bytes[index % loopBytes]!)

describe('LoopStream', () => {
  it('repeats the recording from any position to any other', () => {
    const position = fc.nat(loopBytes * 4)
    fc.assert(
      fc.property(position, position, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        expect(Uint8Array.from(Buffer.concat([...stream.slices(from, to)]))).toEqual(unrolled(to).subarray(from))
      }),
    )
  })

  it.each([
    [0, 0],
    [1, 5],
    [2, 11],
    [3, 16],
    [4, 21],
    [7, 37],
  ])('has its first %d packets in %d bytes', (count, end) => {
    expect(stream.packetsEnd(count)).toBe(end)
  })

  it.each([
    [0, 0],
    [1, 5],
    [2, 12],
    [3, 16],
    [5, 28],
  ])('has its first %d reads in %d bytes', (count, end) => {
    expect(stream.readsEnd(count)).toBe(end)
  })

  it.each([
    [0, {}],
    [4, {}],
    [5, { '0xd3': 1 }],
    [11, { '0xd3': 1, '0xc3': 1 }],
    [15, { '0xd3': 1, '0xc3': 1 }],
    [16, { '0xd3': 2, '0xc3': 1 }],
    [16 * 3 + 5, { '0xd3': 7, '0xc3': 3 }],
  ])('holds in its first %d bytes the packets %j', (byteCount, counts) => {
    expect(stream.packetCounts(byteCount)).toEqual(counts)
  })
})
