/** What chaos has done to messages. Counts; a message that suffered several things counts in each of them. */
export interface ChaosCounts {
  /** Offered and taken, whatever became of them. */
  seenMessages: number
  seenBytes: number
  /** Passed on, copies included. */
  deliveredMessages: number
  lostMessages: number
  /** Lost to a partition. */
  partitionedMessages: number
  duplicatedMessages: number
  reorderedMessages: number
  corruptedMessages: number
  /** Lost with their connection: by its reset or end, or still held when it closed. */
  cutOffMessages: number
  resets: number
  kicks: number
}

export function noChaosCounts(): ChaosCounts {
  return {
    seenMessages: 0,
    seenBytes: 0,
    deliveredMessages: 0,
    lostMessages: 0,
    partitionedMessages: 0,
    duplicatedMessages: 0,
    reorderedMessages: 0,
    corruptedMessages: 0,
    cutOffMessages: 0,
    resets: 0,
    kicks: 0,
  }
}

/** Adds `other` to `sum`. */
export function addChaosCounts(sum: ChaosCounts, other: Readonly<ChaosCounts>): void {
  for (const name of Object.keys(other) as (keyof ChaosCounts)[]) sum[name] += other[name]
}
