import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeReliableFrame,
  encodeReliableFrame,
  ReliableFrame,
  reliableFrameCodec,
} from '#actors/reliable/reliable-frame'
import { frameKinds, RANGES_MAX, SEQUENCE_MAX } from '#actors/reliable/reliable-frame-layout'

interface Vector {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly hex: string
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[]
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

function frameOf(fields: Readonly<Record<string, unknown>>): ReliableFrame {
  const frame = new ReliableFrame()
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'ranges')
      for (const [offset, length, state] of value as number[][]) frame.addRange(offset!, length!, state!)
    else if (name === 'sessionId' || name === 'heldSessionId') frame[name].set(bytesOf(value as string))
    else if (name === 'payload') frame.payload = bytesOf(value as string)
    else if (name === 'text') frame.text = new Uint8Array(Buffer.from(value as string))
    else Object.assign(frame, { [name]: value })
  }
  return frame
}

function shown(frame: ReliableFrame, name: string): unknown {
  if (name === 'ranges') {
    const { rangeCount, rangeOffsets, rangeLengths, rangeStates } = frame
    return Array.from({ length: rangeCount }, (_, n) => [rangeOffsets[n], rangeLengths[n], rangeStates[n]])
  }
  if (name === 'text') return frame.textString
  const value = frame[name as keyof ReliableFrame]
  return value instanceof Uint8Array ? hex(value) : value
}

/** With the right checksum, so that what is behind it is looked at. */
function sealed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, crc32(bytes.subarray(4)), true)
  return bytes
}

describe('Reliable frames', () => {
  it.each(vectors)('are written as the vector has it: $name', ({ fields, hex: expected }) => {
    expect(hex(encodeReliableFrame(frameOf(fields)))).toBe(expected)
  })

  it.each(vectors)('are read as the vector has it: $name', ({ fields, hex: given }) => {
    const frame = decodeReliableFrame(bytesOf(given))
    for (const name of Object.keys(fields)) expect(shown(frame, name), name).toEqual(fields[name])
  })

  it.each(vectors)('are written where they are to go, and nowhere else: $name', ({ fields, hex: expected }) => {
    const frame = frameOf(fields)
    const target = new Uint8Array(frame.byteLength + 9).fill(0xee)
    expect(reliableFrameCodec.sizeOf(frame)).toBe(frame.byteLength)
    expect(reliableFrameCodec.encodeInto(frame, target, 4)).toBe(4 + frame.byteLength)
    expect(hex(target)).toBe(`eeeeeeee${expected}eeeeeeeeee`)
  })

  it.each(vectors)('are refused with any bit changed or cut anywhere: $name', ({ hex: given }) => {
    const frame = new ReliableFrame()
    const bytes = bytesOf(given)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect(frame.read(bytes)).toBe('checksum')
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
    for (let length = 0; length < bytes.length; length++) expect(frame.read(bytes.subarray(0, length))).toBeDefined()
    expect(() => decodeReliableFrame(bytes.subarray(1))).toThrow(
      expect.objectContaining({ code: 'bad-reliable-frame' }),
    )
  })

  it.each([
    ['another version', 4, 2, 'version'],
    ['a kind that there is not', 5, 7, 'kind'],
    ['a kind that there is not', 5, 0, 'kind'],
    ['a chunk beyond its message', 44, 1, 'length'],
    ['a sequence beyond what is exact', 23, 0xff, 'range'],
    ['a sequence so large that what follows is not exact', 22, 0x11, 'range'],
    ['a base above its sequence', 41, 1, 'range'],
  ])('are refused with %s', (_what, at, value, fault) => {
    const bytes = bytesOf(vectors[2]!.hex)
    bytes[at] = value
    expect(new ReliableFrame().read(sealed(bytes))).toBe(fault)
  })

  it('carry no more ranges than they may', () => {
    const frame = frameOf({ kind: frameKinds.ack })
    for (let n = 0; n < RANGES_MAX; n++) expect(frame.addRange(n * 2, 1, 1)).toBe(true)
    expect(frame.addRange(1_000, 1, 1)).toBe(false)
    const bytes = encodeReliableFrame(frame)
    expect(decodeReliableFrame(bytes).rangeCount).toBe(RANGES_MAX)
    bytes[28] = RANGES_MAX + 1
    expect(new ReliableFrame().read(sealed(bytes))).toBe('length')
  })

  it('survive whatever bytes come, also with the right checksum', () => {
    const frame = new ReliableFrame()
    const body = fc.uint8Array({ minLength: 24, maxLength: 200 })
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 7 }), fc.boolean(), (bytes, kind, isSealed) => {
        bytes[4] = 1
        bytes[5] = kind
        const fault = frame.read(isSealed ? sealed(bytes) : bytes)
        if (fault !== undefined) return
        expect(frame.byteLength).toBe(bytes.length)
        expect(frame.payload.length).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 20_000 },
    )
  })

  it('come back as they were', () => {
    const sequence = fc.integer({ min: 1, max: SEQUENCE_MAX })
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(
        sequence,
        sequence,
        word,
        word,
        fc.uint8Array({ maxLength: 100 }),
        (one, cumulative, idA, idD, payload) => {
          const given = { kind: frameKinds.data, sequence: one, base: Math.max(1, one - 50), cumulative, idA, idD }
          const frame = frameOf({ ...given, messageBytes: payload.length })
          frame.payload = payload
          const read = decodeReliableFrame(encodeReliableFrame(frame))
          expect(read).toMatchObject(given)
          expect(hex(read.payload)).toBe(hex(payload))
        },
      ),
    )
  })
})
