import { describe, expect, test } from 'vitest'
import { difference } from '../../scripts/lib/install.mjs'

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a-windows': { version: '1.0.0', optional: true },
  },
}

describe('what is installed', () => {
  test('is right when every package has the wanted version and only optional ones are absent', () => {
    expect(difference(wanted, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBeUndefined()
  })

  test('is wrong when nothing is there', () => {
    expect(difference(wanted, undefined)).toBe('none are there')
  })

  test.each([
    ['absent', {}],
    ['0.9.0', { 'node_modules/a': { version: '0.9.0' } }],
  ])('is wrong when a package is %s', (found, packages) => {
    expect(difference(wanted, { packages })).toBe(`node_modules/a is ${found}, wanted 1.0.0`)
  })

  test('is wrong when an optional package is there in another version', () => {
    const packages = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/a-windows': { version: '2.0.0' } }
    expect(difference(wanted, { packages })).toBe('node_modules/a-windows is 2.0.0, wanted 1.0.0')
  })
})
