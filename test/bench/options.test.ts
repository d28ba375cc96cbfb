import { expect, test } from 'vitest'
import { BenchOptionError, parseBenchOptions } from '#bench/harness/options'

test('without options everything runs in full, five rounds of it', () => {
  expect(parseBenchOptions([])).toEqual({ scale: 'full', only: '', jsonFile: undefined, rounds: 5 })
})

test('every option is read', () => {
  expect(parseBenchOptions(['--quick', '--only', 'kernel/', '--json', 'out.json', '--rounds', '5'])).toEqual({
    scale: 'quick',
    only: 'kernel/',
    jsonFile: 'out.json',
    rounds: 5,
  })
  expect(parseBenchOptions(['--smoke'])).toMatchObject({ scale: 'smoke', rounds: 1 })
})

test('help wants nothing to run', () => {
  expect(parseBenchOptions(['--help'])).toBeUndefined()
})

test.each([
  [['--fast'], /'--fast'/],
  [['kernel/tell'], /'kernel\/tell'/],
  [['--only'], /--only/],
  [['--rounds', '0'], /from 1 to 100, got '0'/],
  [['--rounds', '101'], /from 1 to 100, got '101'/],
  [['--rounds', 'many'], /from 1 to 100, got 'many'/],
  [['--quick', '--smoke'], /exclude each other/],
])('%j is refused with what is wrong about it', (args, message) => {
  expect(() => parseBenchOptions(args)).toThrow(BenchOptionError)
  expect(() => parseBenchOptions(args)).toThrow(message)
})
