import { loadCodec } from 'troupe/actors'
import { describe, expect, it } from 'vitest'

const samples = new URL('../../../dist/test/fixtures/broadcast/sample-codec.js', import.meta.url).href

describe('a codec as a plain value', () => {
  it.each(['json', 'message-pack'] as const)('is one of the codecs that there are: %s', async (kind) => {
    const codec = await loadCodec(JSON.parse(JSON.stringify({ kind })))
    expect(codec.decode(codec.encode({ a: [1, 'b', null] }))).toEqual({ a: [1, 'b', null] })
  })

  it('takes bytes as they are', async () => {
    const codec = await loadCodec<Uint8Array>({ kind: 'raw' })
    expect(codec.decode(codec.encode(Uint8Array.of(1, 2)))).toEqual(Uint8Array.of(1, 2))
  })

  it('may be what a function of a module answers', async () => {
    const codec = await loadCodec({ kind: 'module', module: samples, exportName: 'makeSampleCodec' })
    expect(codec.decode(codec.encode({ number: 7, text: 'x' }))).toEqual({ number: 7, text: 'x' })
  })

  it.each([
    [{ kind: 'xml' }, 'invalid-option', "codec: kind must be one of json, message-pack, raw, module, got 'xml'"],
    [undefined, 'invalid-option', 'codec: kind must be one of json, message-pack, raw, module, got undefined'],
    [{ kind: 'json', strict: true }, 'unknown-option', "codec: kind 'json' has no 'strict'; it has no fields"],
    [
      { kind: 'module', module: samples, exportName: 'noCodec' },
      'invalid-option',
      `codec: 'noCodec' of ${samples} must be a codec, or a function that answers one, got 'neither'`,
    ],
    [
      { kind: 'module', module: 'file:///nowhere.js', exportName: 'x' },
      'module-not-loaded',
      "codec: cannot import 'file:///nowhere.js'",
    ],
  ])('is refused where it is none: %j', async (spec, code, message) => {
    await expect(loadCodec(spec as never)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
