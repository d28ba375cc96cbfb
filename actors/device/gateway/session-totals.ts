import type { CyncPacketType } from '../cync/packet.ts'

/** What the connections of one thread have seen and done, together. Counts. */
export interface SessionTotals {
  /** Packets received, by type. */
  readonly received: Partial<Record<CyncPacketType, number>>
  /** Packets sent. */
  sent: number
  /** Packets that had come before: acknowledged again, not processed again. */
  duplicates: number
  /** Frames whose checksum is wrong, taken or not. */
  wrongChecksums: number
  /** Of these: frames that were not believed, and so are as good as lost. */
  distrustedFrames: number
  /** Bytes between packets that belong to none. */
  skippedBytes: number
  /** Answers to what was over already; the cloud's come half a minute late. */
  lateReplies: number
  /** Answers to nothing that was sent. */
  strayReplies: number
  /** Lists of states that are not as long as they say: nothing of them is taken. */
  malformedLists: number
  /** Reports of devices that there cannot be: mesh addresses are 1 to 255. */
  impossibleReports: number
  /** Packets to be sent that the connection did not take: it closes, or its queue is full. */
  unsent: number
  /** Packets that only a controller that has logged in may send. */
  beforeLogin: number
  logins: number
  refusedLogins: number
  /** Connections closed since nothing came. */
  silent: number
  /** Connections closed since the same controller came again. */
  replaced: number
}

/** All zero. */
export function newTotals(): SessionTotals {
  return {
    received: {},
    sent: 0,
    duplicates: 0,
    wrongChecksums: 0,
    distrustedFrames: 0,
    skippedBytes: 0,
    lateReplies: 0,
    strayReplies: 0,
    malformedLists: 0,
    impossibleReports: 0,
    unsent: 0,
    beforeLogin: 0,
    logins: 0,
    refusedLogins: 0,
    silent: 0,
    replaced: 0,
  }
}

/** Adds `other` to `totals`. */
export function addTotals(totals: SessionTotals, other: SessionTotals): void {
  const { received, ...counts } = other
  for (const [type, count] of Object.entries(received) as [CyncPacketType, number][]) {
    totals.received[type] = (totals.received[type] ?? 0) + count
  }
  for (const [name, count] of Object.entries(counts) as [keyof typeof counts, number][]) totals[name] += count
}

/** What there is, as a value of its own; then all is zero. */
export function takeTotals(totals: SessionTotals): SessionTotals {
  const taken = { ...totals, received: { ...totals.received } }
  Object.assign(totals, newTotals())
  return taken
}
