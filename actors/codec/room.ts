import { CapacityError, UsageError } from 'troupe'

/** Refuses a place that does not lie in `target`. */
export function checkOffset(target: Uint8Array, offset: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset <= target.length) return
  throw new UsageError('invalid-offset', `offset must be a whole number from 0 to ${target.length}, got ${offset}`)
}

export function bufferOverflow(needed: number, offset: number, end: number): CapacityError {
  return new CapacityError(
    'buffer-overflow',
    `${needed} bytes to write at offset ${offset}, ${end - offset} left of a buffer of ${end}`,
  )
}

/** Copies `bytes` to `offset`; answers the offset behind them. */
export function copyInto(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  checkOffset(target, offset)
  if (bytes.length > target.length - offset) throw bufferOverflow(bytes.length, offset, target.length)
  target.set(bytes, offset)
  return offset + bytes.length
}
