import { describe, expect, it } from 'vitest'
import { decodeLine, encodeLine } from '#src/observe/log-line'

const encoded = (fields: object, msg = 'm', bytesMax = 10_000) =>
  decodeLine(encodeLine({ time: 1, seq: 2, actor: '/a', msg, fields }, bytesMax))

describe('a log line', () => {
  it('comes back as it was given', () => {
    expect(encoded({ n: 1, list: ['a', null] })).toEqual({
      ...{ time: 1, seq: 2, actor: '/a', msg: 'm' },
      fields: { n: 1, list: ['a', null] },
    })
  })

  it('shows errors with their own properties and causes', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'E_X' })
    expect(encoded({ err: error }).fields).toMatchObject({
      err: { type: 'TypeError', message: 'outer', code: 'E_X', cause: { type: 'Error', message: 'inner' } },
    })
  })

  it('cuts cycles, and says of other values what they are', () => {
    const cyclic: Record<string, unknown> = { big: 10n, at: new Date(0), map: new Map([['k', 1n]]), set: new Set([1]) }
    cyclic['self'] = cyclic
    cyclic['bytes'] = new Uint8Array(3)
    cyclic['call'] = function honk() {}
    expect(encoded(cyclic).fields).toEqual({
      ...{ big: '10', at: '1970-01-01T00:00:00.000Z', map: [['k', '1']], set: [1] },
      ...{ self: '[cycle]', bytes: '[Uint8Array, 3 bytes]', call: '[function honk]' },
    })
  })

  it('is printed without its fields where those throw', () => {
    const hostile = {
      get trap() {
        throw new Error('sprung')
      },
    }
    expect(encoded(hostile)).toMatchObject({ msg: 'm', fields: { unloggable: 'Error: sprung' } })
  })

  it('keeps the beginning of its message when it is too long', () => {
    const { msg, fields } = encoded({ many: 'x'.repeat(5_000) }, 'the beginning', 2_000)
    expect(msg).toMatch(/^the beginning… \(a line of 5\d+ characters\)$/)
    expect(fields).toEqual({})
  })
})
