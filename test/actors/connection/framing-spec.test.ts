import { describe, expect, it } from 'vitest'
import { encodeFrame, type Framing } from '#actors/connection/framing'
import { type FramingSpec, loadFraming, makeFraming } from '#actors/connection/framing-spec'
import { LengthPrefixFraming } from '#actors/connection/length-prefix-framing'

/** What a peer sees of the framing: these bytes around three. */
const onTheStream: [FramingSpec, number[]][] = [
  [{ kind: 'length-prefix' }, [3, 0, 0, 0, 7, 8, 9]],
  [{ kind: 'length-prefix', prefix: 'u32be' }, [0, 0, 0, 3, 7, 8, 9]],
  [{ kind: 'length-prefix', prefix: 'u16le', messageBytesMax: 3 }, [3, 0, 7, 8, 9]],
  [{ kind: 'varint' }, [3, 7, 8, 9]],
  [{ kind: 'line', messageBytesMax: 3 }, [7, 8, 9, 10]],
  [{ kind: 'line', lineEnd: 'crlf' }, [7, 8, 9, 13, 10]],
]
const wholeFrames: [FramingSpec, number[]][] = [
  [{ kind: 'tlv' }, [1, 0, 2, 0, 0, 0, 7, 8]],
  [{ kind: 'packet' }, [1, 0, 0, 0, 2, 7, 8]],
]

describe('makeFraming', () => {
  it.each(onTheStream)('makes what the plain value says: %j', (spec, bytes) => {
    expect([...encodeFrame(makeFraming(throughJson(spec)), Uint8Array.of(7, 8, 9))]).toEqual(bytes)
  })

  it.each(wholeFrames)('makes what the plain value says: %j', (spec, bytes) => {
    expect([...encodeFrame(makeFraming(throughJson(spec)), Uint8Array.from(bytes))]).toEqual(bytes)
  })

  it.each<[FramingSpec, number]>([
    [{ kind: 'length-prefix', messageBytesMax: 2 }, 2],
    [{ kind: 'varint', messageBytesMax: 2 }, 2],
    [{ kind: 'line', messageBytesMax: 2 }, 2],
    [{ kind: 'tlv', payloadBytesMax: 2 }, 8],
    [{ kind: 'packet', payloadBytesMax: 2 }, 7],
  ])('sets the limit: %j', (spec, messageBytesMax) => {
    const framing = makeFraming(spec)
    expect(() => framing.prefixBytes(messageBytesMax)).not.toThrow()
    expect(() => framing.prefixBytes(messageBytesMax + 1)).toThrow(`limit ${messageBytesMax}`)
  })

  it.each([
    [{ kind: 'words' }, "framing: kind must be one of length-prefix, varint, line, tlv, packet, module, got 'words'"],
    [{ kind: 'toString' }, "module, got 'toString'"],
    [undefined, 'module, got undefined'],
    [null, 'module, got undefined'],
    [{ kind: 'varint', prefix: 'u32le' }, "framing: kind 'varint' has no 'prefix'; it has messageBytesMax"],
    [{ kind: 'length-prefix', prefix: 'u8' }, "prefix must be one of u16le, u16be, u32le, u32be, got 'u8'"],
    [{ kind: 'line', messageBytesMax: -1 }, 'must be a whole number from 0 to 4294967295 bytes, got -1'],
    [{ kind: 'module', module: 'file:///a.js', exportName: 'a' }, 'must be loaded: use loadFraming'],
  ])('refuses %j', async (spec, text) => {
    expect(() => makeFraming(spec as FramingSpec)).toThrow(text)
    expect(() => makeFraming(spec as FramingSpec)).toThrow(expect.objectContaining({ name: 'UsageError' }))
  })
})

describe('loadFraming', () => {
  it('makes the framings that need no module', async () => {
    expect(await loadFraming({ kind: 'length-prefix' })).toBeInstanceOf(LengthPrefixFraming)
    await expect(loadFraming(undefined as unknown as FramingSpec)).rejects.toThrow('kind must be one of')
  })

  it('makes one of a module, a new one each time, also where the function answers a promise', async () => {
    const source = `export const make = async () => ({ push() {}, writePrefix() {}, isMine: true })`
    const [one, other] = await Promise.all([loadFraming(moduleOf(source)), loadFraming(moduleOf(source))])
    expect(one).toMatchObject({ isMine: true })
    expect<Framing>(one).not.toBe(other)
  })

  it.each([
    ['export const other = 1', 'invalid-option', "must export a function 'make', got undefined"],
    ['export const make = () => 5', 'invalid-option', 'must answer a framing, got number'],
    ['export const make = () => null', 'invalid-option', 'must answer a framing, got null'],
    ['throw new Error("not today")', 'module-not-loaded', 'not today'],
  ])('refuses a module of %s', async (source, code, text) => {
    const error = await loadFraming(moduleOf(source)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'UsageError', code, message: expect.stringContaining(text) })
  })

  it('refuses a module that is no URL, and fields that do not belong there', async () => {
    const spec = { kind: 'module', module: './mine.js', exportName: 'make' } as const
    await expect(loadFraming(spec)).rejects.toMatchObject({ code: 'module-not-loaded' })
    const odd = { ...spec, messageBytesMax: 1 } as FramingSpec
    await expect(loadFraming(odd)).rejects.toThrow("kind 'module' has no 'messageBytesMax'")
  })
})

function throughJson(spec: FramingSpec): FramingSpec {
  return JSON.parse(JSON.stringify(spec)) as FramingSpec
}

function moduleOf(source: string): FramingSpec {
  return { kind: 'module', module: `data:text/javascript,${encodeURIComponent(source)}`, exportName: 'make' }
}
