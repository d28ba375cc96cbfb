import { describe, expect, test } from 'vitest'
import { promisedLines } from '../../scripts/lib/examples.mjs'

describe('an example promises', () => {
  test('one line of output for each leading comment that says so', () => {
    expect(promisedLines('// prints: 7\n//\n// A counter.\n// prints: bye\n\nconsole.log(7)\n')).toEqual(['7', 'bye'])
  })

  test('nothing after its first line of code', () => {
    expect(promisedLines("import x from 'x'\n// prints: 7\n")).toEqual([])
  })

  test('an empty line where the comment ends after the colon', () => {
    expect(promisedLines('// prints:\n')).toEqual([''])
  })
})
