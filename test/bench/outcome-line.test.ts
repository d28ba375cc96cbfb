import { expect, test } from 'vitest'
import { formatOutcome, parseOutcome } from '#bench/harness/outcome-line'

const outcome = { figures: { rate: 12.5 }, counted: 10, checksum: 45 }

test('an outcome is found among whatever else a program prints', () => {
  expect(parseOutcome(`hello\n${formatOutcome(outcome)}bye\n`)).toEqual(outcome)
})

test.each([
  ['nothing was printed', ''],
  ['the line is cut off', formatOutcome(outcome).slice(0, 30)],
  ['a count is missing', 'bench-outcome {"figures":{"rate":1},"counted":1}'],
  ['there is no figure', 'bench-outcome {"figures":{},"counted":1,"checksum":1}'],
  ['a figure is no number', 'bench-outcome {"figures":{"rate":null},"counted":1,"checksum":1}'],
])('there is no outcome when %s', (_, output) => {
  expect(parseOutcome(output)).toBeUndefined()
})
