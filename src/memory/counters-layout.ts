import { assert } from '../base/assert.ts'

/**
 * Counters of one seat: a Float64 word each, written by the thread on that seat with plain stores, read by anybody.
 * They survive the thread: a successor counts on. A name's place in this list is its place in memory.
 */
export const COUNTER_NAMES = Object.freeze([
  // actors
  'spawned',
  'stopped',
  'restarts',
  'restarts-failure',
  'restarts-thread-lost',
  'restarts-start-failed',
  'restarts-sibling',
  'refused',
  'refused-mailbox-full',
  'refused-actor-stopped',
  'asks',
  'late-replies',
  'downs',
  'timers-skipped',
  'stray-errors',
  // dead letters
  'dead-letters-unkept',
  'dead-letters-actor-stopped',
  'dead-letters-mailbox-full',
  'dead-letters-dropped-oldest',
  'dead-letters-conflated',
  'dead-letters-expired',
  'dead-letters-cancelled',
  'dead-letters-failed',
  'dead-letters-quarantined',
  'dead-letters-restarted',
  'dead-letters-thread-lost',
  'dead-letters-unknown-handler',
  'dead-letters-undecodable',
  // between threads
  'records-sent',
  'records-received',
  'bytes-sent',
  'bytes-received',
  'ring-full',
  'overflowed',
  'publishes',
  // frames
  'frames-allocated',
  'frames-refused',
  'frames-released',
  'frame-bytes-copied',
  // the thread's loop
  'turns',
  'polls',
  'parks',
  'wakes',
  'log-lines',
  'log-lines-dropped',
] as const)

/** Figures that go up and down; otherwise as counters, but for `oldest-queued-ms`, which the guardian writes. */
export const GAUGE_NAMES = Object.freeze([
  'actors',
  'queued',
  'queued-bytes',
  'run-queue',
  'overflow-queued',
  'retained',
  'oldest-queued-ms',
] as const)

/** Distributions of whole numbers >= 0 in powers of two. */
export const HISTOGRAM_NAMES = Object.freeze([
  'handler-us',
  'mailbox-age-us',
  'turn-us',
  'ask-us',
  'batch-records',
  'wake-us',
  'takeover-us',
] as const)

/**
 * One histogram, in Float64 words. Bucket b > 0 counts values from 2^(b-1) to 2^b - 1, bucket 0 counts 0, the last
 * one everything above.
 *
 *    word            field    meaning
 *    0 … 31          counts   one a bucket
 *    32              sum      of all values
 *    33 … 39         –        free
 */
export const HISTOGRAM_BUCKETS = 32
export const HISTOGRAM_SUM = 32
export const HISTOGRAM_DOUBLES = 40

/** Room for names yet to come, so that histograms start at a cache line. */
const COUNTERS_DOUBLES = 64
const GAUGES_DOUBLES = 16

export const GAUGES_START = COUNTERS_DOUBLES
export const HISTOGRAMS_START = COUNTERS_DOUBLES + GAUGES_DOUBLES
const HISTOGRAMS_END = HISTOGRAMS_START + HISTOGRAM_NAMES.length * HISTOGRAM_DOUBLES
/** Whole pairs of cache lines. */
export const SEAT_COUNTERS_DOUBLES = Math.ceil(HISTOGRAMS_END / 16) * 16
export const SEAT_COUNTERS_BYTES = SEAT_COUNTERS_DOUBLES * 8

assert(COUNTER_NAMES.length <= COUNTERS_DOUBLES, 'every counter has its word')
assert(GAUGE_NAMES.length <= GAUGES_DOUBLES, 'every gauge has its word')
assert(HISTOGRAM_SUM >= HISTOGRAM_BUCKETS && HISTOGRAM_SUM < HISTOGRAM_DOUBLES, 'the sum follows the buckets')
assert(SEAT_COUNTERS_BYTES % 128 === 0, 'counters of two seats share no pair of cache lines')
