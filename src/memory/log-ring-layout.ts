import { ringRegionBytes } from './ring-layout.ts'

/**
 * One seat's log: counts, then a ring (see ring-layout.ts) in which every record is a line.
 *
 *    byte   field       type   written by   meaning
 *    0      dropped     f64    the seat     lines that found no room or were too long, ever
 *    8      written     f64    the seat     lines that were taken, ever
 *    128    ring                            the seat produces, the one who collects the logs consumes
 *
 * In a line's record header `word` is its level; `slot` and `generation` are the actor it is about, -1 and 0 for
 * none. The payload is its text, UTF-8.
 */
export const LOG_DROPPED_DOUBLE = 0
export const LOG_WRITTEN_DOUBLE = 1
export const LOG_RING_BYTE = 128

export function logRegionBytes(logBytes: number): number {
  return LOG_RING_BYTE + ringRegionBytes(logBytes)
}
