/** The middle value; the mean of the two middle ones of an even count. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** (max − min) / median: 0.1 says that the rounds lie within 10 % of each other. Null of fewer than two values. */
export function spread(values: readonly number[]): number | null {
  if (values.length < 2) return null
  return (Math.max(...values) - Math.min(...values)) / Math.abs(median(values))
}

/** The smallest value that `fraction` of the values do not exceed (nearest rank). `fraction` in (0, 1]. */
export function percentile(values: ArrayLike<number>, fraction: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.max(1, Math.ceil(sorted.length * fraction))
  return sorted[rank - 1] ?? Number.NaN
}

/** Of positive numbers; NaN of none. */
export function geometricMean(values: readonly number[]): number {
  const logarithms = values.reduce((sum, value) => sum + Math.log(value), 0)
  return Math.exp(logarithms / values.length)
}
