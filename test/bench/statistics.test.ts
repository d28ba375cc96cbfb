import { expect, test } from 'vitest'
import { geometricMean, median, percentile, spread } from '#bench/harness/statistics'

test('the median of an odd count is the middle value, of an even one the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([1, 9, 5, 7])).toBe(6)
  expect(median([])).toBeNaN()
})

test('the spread is the distance of the extremes in medians, and unknown of a single value', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.3)
  expect(spread([100])).toBeNull()
})

test('a percentile is the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentile(hundred, 0.5)).toBe(50)
  expect(percentile(hundred, 0.99)).toBe(99)
  expect(percentile([7], 0.99)).toBe(7)
})

test('the geometric mean of 1, 10 and 100 is 10', () => {
  expect(geometricMean([1, 10, 100])).toBeCloseTo(10)
})
