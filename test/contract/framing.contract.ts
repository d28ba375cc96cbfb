import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, type Framing } from '#actors/connection/framing'

export interface FramingUnderTest {
  readonly name: string
  /** With a limit small enough for messages of that size to be made often. */
  makeFraming(): Framing
  /** Messages that it can carry, at least three, all different, one of them the smallest legal one. */
  readonly messages: readonly Uint8Array[]
  /** Any other messages within its limit. */
  readonly anyMessage: fc.Arbitrary<Uint8Array>
  /** Bytes that no stream of this kind may begin with. */
  readonly illegal: Uint8Array
  /** A message of exactly the limit, and one that is one byte larger but legal otherwise. */
  readonly largest: Uint8Array
  readonly oneMore: Uint8Array
  /** As much of the stream with `oneMore` as shows that it is too large. */
  readonly oneMoreOnStream: Uint8Array
  /** What the errors about `oneMore` say, received and sent. */
  readonly received: LengthAndLimit
  readonly sent: LengthAndLimit
  /** With the limit that it has unless an option says otherwise, and the begin of a frame of that size or without an end. */
  makeDefault(): Framing
  readonly beginOfLargest: Uint8Array
  /** Why it does not end the stream where no frame can begin, for one that finds its way back into it. */
  readonly recovers?: string
}

interface LengthAndLimit {
  readonly lengthBytes: number
  readonly limitBytes: number
}

/** What became of a stream: its messages, and how it ended. */
interface Outcome {
  readonly messages: readonly Uint8Array[]
  readonly errorCode: string | undefined
  readonly heldBytes: number | undefined
}

/** What every `Framing` promises. */
export function describeFramingContract(subject: FramingUnderTest): void {
  const { name, makeFraming, messages, illegal } = subject
  const frames = messages.map((message) => encodeFrame(makeFraming(), message))
  const stream = joined(frames)
  const recovers = subject.recovers !== undefined

  describe(`${name} keeps the framing contract: cutting`, () => {
    it('passes on the same messages wherever the stream is cut', () => {
      fc.assert(
        fc.property(cutsOf(stream), (places) => {
          expect(cutAndCollect(makeFraming(), stream, places)).toEqual(messages)
        }),
      )
    })

    it('passes on the same messages byte by byte', () => {
      expect(cutAndCollect(makeFraming(), stream, [...stream.keys()])).toEqual(messages)
    })

    it('passes on the same messages for every way there is to cut a short stream', () => {
      const short = [...messages].sort((a, b) => a.length - b.length).slice(0, 2)
      const bytes = joined(short.map((message) => encodeFrame(makeFraming(), message)))
      expect(bytes.length).toBeLessThanOrEqual(14)
      for (let way = 0; way < 2 ** (bytes.length - 1); way++) {
        const places = Array.from(bytes.keys()).filter((place) => place > 0 && (way >> (place - 1)) % 2 === 1)
        const collected = cutAndCollect(makeFraming(), bytes, places)
        if (!isSame(collected, short)) expect({ places, collected }).toEqual({ places, collected: short })
      }
    })

    it('passes on every message of a chunk that has many', () => {
      const many = Array.from({ length: 2_000 }, (_, index) => frames[index % frames.length]!)
      const collected = cutAndCollect(makeFraming(), joined(many), [])
      expect(collected).toHaveLength(many.length)
      expect(collected.every((message, index) => isSame([message], [messages[index % messages.length]!]))).toBe(true)
    })

    it('passes on whatever was encoded', () => {
      const anyStream = fc.tuple(fc.array(subject.anyMessage, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }))
      fc.assert(
        fc.property(anyStream, ([sent, places]) => {
          const bytes = joined(sent.map((message) => encodeFrame(makeFraming(), message)))
          const inside = places.map((place) => place % (bytes.length + 1))
          expect(cutAndCollect(makeFraming(), bytes, inside)).toEqual(sent)
        }),
      )
    })

    it('passes on a message as soon as the last byte of its frame is there', () => {
      const framing = makeFraming()
      let seen = 0
      for (const [index, frame] of frames.entries()) {
        framing.push(frame.subarray(0, frame.length - 1), () => seen++)
        expect(seen).toBe(index)
        framing.push(frame.subarray(frame.length - 1), () => seen++)
        expect(seen).toBe(index + 1)
      }
    })

    it('counts the bytes of an incomplete frame as held, so that an end within a frame shows', () => {
      const framing = makeFraming()
      for (const [index] of stream.entries()) {
        framing.push(stream.subarray(index, index + 1), () => {})
        expect(framing.heldBytes).toBe(restBehind(frames, index + 1))
      }
    })

    it('says at each message where in the stream its frame ends, wherever the stream is cut', () => {
      const ends = frames.map((_, index) => joined(frames.slice(0, index + 1)).length)
      fc.assert(
        fc.property(cutsOf(stream), (places) => {
          const framing = makeFraming()
          const seen: number[] = []
          for (const chunk of chunksOf(stream, places)) framing.push(chunk, () => seen.push(framing.position))
          expect(seen).toEqual(ends)
        }),
      )
    })

    it.skipIf(recovers)('says after an error where the frame begins that cannot be', () => {
      const framing = makeFraming()
      expect(catching(() => framing.push(joined([stream, subject.illegal]), () => {}))).toHaveLength(1)
      expect(framing.position).toBe(stream.length)
    })

    it('does not need a chunk again after the call', () => {
      const framing = makeFraming()
      const collected: Uint8Array[] = []
      for (const [index] of stream.entries()) {
        const chunk = stream.slice(index, index + 1)
        framing.push(chunk, (frame) => collected.push(frame.slice()))
        chunk.fill(0xff)
      }
      expect(collected).toEqual(messages)
    })

    it('takes empty chunks', () => {
      const framing = makeFraming()
      framing.push(new Uint8Array(0), () => {
        throw new Error('no frame is complete')
      })
      expect(framing.heldBytes).toBe(0)
    })

    it('passes on what lies whole in a chunk as a view of that chunk', () => {
      const buffers: ArrayBufferLike[] = []
      makeFraming().push(stream, (frame) => buffers.push(frame.buffer))
      expect(buffers.filter((buffer) => buffer === stream.buffer)).toHaveLength(messages.length)
    })

    it('passes on plain byte arrays, whole or collected, also where a chunk is a Buffer', () => {
      const kinds = new Set<string>()
      const pushed = Buffer.concat([Buffer.from('before'), stream, stream])
      const framing = makeFraming()
      const push = (start: number, end: number) => {
        framing.push(pushed.subarray(start, end), (frame) => kinds.add(frame.constructor.name))
      }
      push(6, pushed.length - 1)
      push(pushed.length - 1, pushed.length)
      expect([...kinds]).toEqual(['Uint8Array'])
    })
  })

  describe(`${name} keeps the framing contract: refusing`, () => {
    it.skipIf(recovers)(
      'delivers the messages before an illegal place, then refuses everything with the same error',
      () => {
        const framing = makeFraming()
        const collected: Uint8Array[] = []
        const push = (chunk: Uint8Array) => framing.push(chunk, (frame) => collected.push(frame.slice()))
        const first = errorOf(() => push(joined([...frames, illegal, ...frames])))
        expect(first).toMatchObject({ name: 'ProtocolError' })
        expect(errorOf(() => push(stream))).toBe(first)
        expect(errorOf(() => push(new Uint8Array(0)))).toBe(first)
        expect(collected).toEqual(messages)
      },
    )

    it.each([['not taken'], [undefined]])('refuses everything after a message was not taken with %s', (reason) => {
      const framing = makeFraming()
      const refuse = () => {
        throw reason
      }
      expect(catching(() => framing.push(stream, refuse))).toEqual([reason])
      expect(catching(() => framing.push(stream, () => {}))).toEqual([reason])
    })

    it('takes a message of exactly the limit, both ways', () => {
      const frame = encodeFrame(makeFraming(), subject.largest)
      expect(cutAndCollect(makeFraming(), frame, [])).toEqual([subject.largest])
      expect(cutAndCollect(makeFraming(), frame, [...frame.keys()])).toEqual([subject.largest])
    })

    it.skipIf(recovers)('refuses one byte more as soon as it shows, naming length and limit', () => {
      const bytes = subject.oneMoreOnStream
      const wanted = { name: 'ProtocolError', code: 'message-too-large', ...subject.received }
      const { lengthBytes, limitBytes } = subject.received
      for (const places of [[], [...bytes.keys()]]) {
        const framing = makeFraming()
        cutAndCollect(framing, bytes.subarray(0, -1), places)
        const error = errorOf(() => framing.push(bytes.subarray(-1), () => {}))
        expect(error).toMatchObject(wanted)
        expect(error.message).toContain(`${lengthBytes} bytes`)
        expect(error.message).toContain(`limit ${limitBytes}`)
      }
      expect(errorOf(() => makeFraming().push(bytes, () => {}))).toMatchObject(wanted)
    })

    it('does not encode one byte more, naming length and limit', () => {
      const error = errorOf(() => makeFraming().prefixBytes(subject.oneMore.length))
      expect(error).toMatchObject({ name: 'CapacityError', code: 'message-too-large', ...subject.sent })
      expect(error.message).toContain(`${subject.sent.lengthBytes} bytes`)
      expect(error.message).toContain(`limit ${subject.sent.limitBytes}`)
      expect(errorOf(() => encodeFrame(makeFraming(), subject.oneMore))).toMatchObject({ code: 'message-too-large' })
    })

    it('meets damaged streams with the same messages and the same error wherever they are cut', () => {
      fc.assert(
        fc.property(damaged(stream), fc.array(fc.nat(), { maxLength: 20 }), (bytes, places) => {
          const whole = outcomeOf(makeFraming(), bytes, [])
          const inside = places.map((place) => place % (bytes.length + 1))
          expect(outcomeOf(makeFraming(), bytes, inside)).toEqual(whole)
          expect(outcomeOf(makeFraming(), bytes, [...bytes.keys()])).toEqual(whole)
        }),
        { numRuns: 500 },
      )
    })
  })

  describe(`${name} keeps the framing contract: memory`, () => {
    it('takes none for what a header only promises', () => {
      const before = bufferBytes()
      const framings = Array.from({ length: 40 }, () => subject.makeDefault())
      for (const framing of framings) framing.push(subject.beginOfLargest, () => {})
      expect(framings.map((framing) => framing.heldBytes)).toEqual(framings.map(() => subject.beginOfLargest.length))
      expect(bufferBytes() - before).toBeLessThan(1_048_576)
    })

    it('takes it as bytes arrive', () => {
      const framing = subject.makeDefault()
      const chunk = new Uint8Array(4_096).fill(0x61)
      framing.push(subject.beginOfLargest, () => {})
      const before = bufferBytes()
      for (let arrived = 0; arrived < 4_194_304; arrived += chunk.length) {
        framing.push(chunk, () => {})
        // Twice what arrived is held at most; as much again may be buffers outgrown and not collected yet.
        expect(bufferBytes() - before).toBeLessThan(4 * (arrived + chunk.length) + 1_048_576)
      }
    })
  })
}

function cutAndCollect(framing: Framing, stream: Uint8Array, places: readonly number[]): Uint8Array[] {
  const collected: Uint8Array[] = []
  cut(framing, stream, places, collected)
  return collected
}

function cut(framing: Framing, stream: Uint8Array, places: readonly number[], collected: Uint8Array[]): void {
  for (const chunk of chunksOf(stream, places)) framing.push(chunk, (frame) => collected.push(frame.slice()))
}

function chunksOf(stream: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places, stream.length].sort((a, b) => a - b)
  return ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end))
}

function outcomeOf(framing: Framing, stream: Uint8Array, places: readonly number[]): Outcome {
  const messages: Uint8Array[] = []
  try {
    cut(framing, stream, places, messages)
  } catch (error) {
    expect(error).toMatchObject({ name: 'ProtocolError' })
    return { messages, errorCode: (error as { code: string }).code, heldBytes: undefined }
  }
  return { messages, errorCode: undefined, heldBytes: framing.heldBytes }
}

function cutsOf(stream: Uint8Array): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(stream.length), { maxLength: 40 })
}

/** A stream in which some bytes are others, some are missing, or garbage was put in. */
function damaged(stream: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(stream.length)
  const damage = fc.record({ place, removed: fc.nat(4), put: fc.uint8Array({ maxLength: 6 }) })
  return fc.array(damage, { minLength: 1, maxLength: 4 }).map((damages) => {
    let bytes = stream
    for (const { place, removed, put } of damages) {
      bytes = joined([bytes.subarray(0, place), put, bytes.subarray(place + removed)])
    }
    return bytes
  })
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

function isSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((bytes, index) => Buffer.compare(bytes, others[index]!) === 0)
}

/** What was thrown, in an array, since it may be undefined; empty if nothing was. */
function catching(run: () => void): unknown[] {
  try {
    run()
  } catch (error) {
    return [error]
  }
  return []
}

function errorOf(run: () => void): Error {
  const [error] = catching(run)
  expect(error).toBeInstanceOf(Error)
  return error as Error
}

function bufferBytes(): number {
  return process.memoryUsage().arrayBuffers
}
