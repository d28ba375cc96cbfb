import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Framing } from '#actors/connection/framing'

export interface FramingUnderTest {
  readonly name: string
  makeFraming(): Framing
  /** Frames that it can cut, at least three, all different, one of them the smallest legal one. */
  readonly frames: readonly Uint8Array[]
  /** Bytes that no stream of this kind may begin with. */
  readonly illegal: Uint8Array
}

/** What every `Framing` promises. */
export function describeFramingContract({ name, makeFraming, frames, illegal }: FramingUnderTest): void {
  const stream = joined(frames)

  describe(`${name} keeps the framing contract`, () => {
    it('passes on the same frames wherever the stream is cut', () => {
      const cuts = fc.array(fc.nat(stream.length), { maxLength: 40 })
      fc.assert(
        fc.property(cuts, (places) => {
          expect(cutAndCollect(makeFraming(), stream, places)).toEqual(frames)
        }),
      )
    })

    it('passes on the same frames byte by byte', () => {
      expect(cutAndCollect(makeFraming(), stream, [...stream.keys()])).toEqual(frames)
    })

    it('passes on a frame as soon as its last byte is there', () => {
      const framing = makeFraming()
      let seen = 0
      for (const [index, frame] of frames.entries()) {
        framing.push(frame.subarray(0, frame.length - 1), () => seen++)
        expect(seen).toBe(index)
        framing.push(frame.subarray(frame.length - 1), () => seen++)
        expect(seen).toBe(index + 1)
      }
    })

    it('counts the bytes of an incomplete frame as held', () => {
      const framing = makeFraming()
      for (const [index] of stream.entries()) {
        framing.push(stream.subarray(index, index + 1), () => {})
        expect(framing.heldBytes).toBe(restBehind(frames, index + 1))
      }
    })

    it('does not need a chunk again after the call', () => {
      const framing = makeFraming()
      const collected: Uint8Array[] = []
      for (const [index] of stream.entries()) {
        const chunk = stream.slice(index, index + 1)
        framing.push(chunk, (frame) => collected.push(frame.slice()))
        chunk.fill(0xff)
      }
      expect(collected).toEqual(frames)
    })

    it('takes empty chunks', () => {
      const framing = makeFraming()
      framing.push(new Uint8Array(0), () => {
        throw new Error('no frame is complete')
      })
      expect(framing.heldBytes).toBe(0)
    })

    it('delivers the frames before an illegal place, then refuses everything', () => {
      const framing = makeFraming()
      const collected: Uint8Array[] = []
      const push = (chunk: Uint8Array) => framing.push(chunk, (frame) => collected.push(frame.slice()))
      expect(() => push(joined([...frames, illegal, ...frames]))).toThrow(
        expect.objectContaining({ name: 'ProtocolError' }),
      )
      expect(() => push(stream)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
      expect(collected).toEqual(frames)
    })

    it('refuses everything after a frame was not taken', () => {
      const framing = makeFraming()
      const refuse = () => {
        throw new Error('not taken')
      }
      expect(() => framing.push(stream, refuse)).toThrow('not taken')
      expect(() => framing.push(stream, () => {})).toThrow('not taken')
    })
  })
}

function cutAndCollect(framing: Framing, stream: Uint8Array, places: readonly number[]): Uint8Array[] {
  const collected: Uint8Array[] = []
  const ends = [...places, stream.length].sort((a, b) => a - b)
  let start = 0
  for (const end of ends) {
    framing.push(stream.subarray(start, end), (frame) => collected.push(frame.slice()))
    start = end
  }
  return collected
}

function restBehind(frames: readonly Uint8Array[], byteCount: number): number {
  let rest = byteCount
  for (const frame of frames) {
    if (rest < frame.length) return rest
    rest -= frame.length
  }
  return rest
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}
