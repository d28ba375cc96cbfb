import { describe, expect, it } from 'vitest'
import { parseRecordings } from '#actors/replay/recording'
import { loadRecordings } from '#actors/replay/recording-file'

const line = (ms: number, conn: number, hex: string, dir = 'device->server') => JSON.stringify({ ms, conn, dir, hex })

describe('parseRecordings', () => {
  it('gathers what each device sent, leaving out what it received', () => {
    const text = [
      line(5, 0, 'd300'),
      line(6, 1, 'd300000000'),
      line(7, 0, 'd800000000', 'server->device'),
      line(9, 0, '0000'),
    ]
    const whole = [...text, line(12.5, 0, '00c3000000010c'), ''].join('\n')
    const [first, second] = parseRecordings(whole)
    expect(first).toEqual({
      id: 0,
      bytes: Uint8Array.from(Buffer.from('d300000000c3000000010c', 'hex')),
      reads: [
        { atMs: 0, endOffset: 2 },
        { atMs: 4, endOffset: 4 },
        { atMs: 7.5, endOffset: 11 },
      ],
      packets: [
        { type: 0xd3, endOffset: 5 },
        { type: 0xc3, endOffset: 11 },
      ],
    })
    expect(second?.id).toBe(1)
  })

  it.each([
    ['{', 'recording line 2 is not JSON'],
    ['7', 'recording line 2 must have ms, conn, dir and hex'],
    [line(1, 0, 'd3000'), 'recording line 2 must have'],
    [line(1, 0, ''), 'recording line 2 must have'],
    [line(1, 0, 'xx'), 'recording line 2 must have'],
    [line(1, 3, 'd3000000'), 'recorded connection 3 ends with 4 bytes of an incomplete packet'],
  ])('refuses %s, saying where', (bad, message) => {
    expect(() => parseRecordings(`${line(0, 0, 'd300000000')}\n${bad}\n`)).toThrow(message)
  })
})

describe('loadRecordings', () => {
  it('finds all connections of the recorded home, each of whole packets', () => {
    const recordings = loadRecordings()
    expect(recordings.length).toBe(216)
    expect(recordings[0]!.packets.length).toBe(452)
    for (const { bytes, reads, packets } of recordings) {
      expect(packets.at(-1)!.endOffset).toBe(bytes.length)
      expect(reads.at(-1)!.endOffset).toBe(bytes.length)
    }
  })

  it('reads the file once', () => {
    expect(loadRecordings()).toBe(loadRecordings())
  })
})
