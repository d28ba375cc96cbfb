/**
 * What a ring record is. The numbers are the wire format: append only; each group has room left.
 *
 *    from   group
 *    1      messages to an actor, and what answers them
 *    16     streams
 *    32     life of actors: between a parent's seat and its child's
 *    48     watches and links
 *    64     names
 *    80     seats: from the guardian
 */
export const RECORD_KINDS = Object.freeze({
  tell: 1,
  ask: 2,
  reply: 3,
  replyError: 4,
  cancel: 5,
  /** A tell or ask whose payload is a descriptor: the encoded values lie in an arena slot. */
  largeTell: 6,
  largeAsk: 7,
  largeReply: 8,
  /** The same values to many actors of one seat: the slots come before the values. */
  broadcast: 9,
  deadLetter: 10,

  streamOpen: 16,
  streamCredit: 17,
  streamItem: 18,
  streamEnd: 19,
  streamError: 20,
  streamCancel: 21,

  spawn: 32,
  childEvent: 33,
  stop: 34,
  kill: 35,
  decision: 36,
  suspend: 37,
  resume: 38,
  unpark: 39,
  inspect: 40,

  watch: 48,
  unwatch: 49,
  down: 50,
  link: 51,
  unlink: 52,
  exit: 53,

  register: 64,
  unregister: 65,
  whereis: 66,
  join: 67,
  leave: 68,
  publish: 69,

  seatLost: 80,
  seatTaken: 81,
  seatClosed: 82,
  shutdown: 83,
})

export type RecordKind = keyof typeof RECORD_KINDS
/** `user` records fill their share of a ring at most; `system` records may use the rest. */
export type RecordLane = 'user' | 'system'

/** What users send by the message rate. All others answer, end or supervise something, and have a place reserved. */
const userKinds: readonly RecordKind[] = ['tell', 'ask', 'largeTell', 'largeAsk', 'broadcast', 'streamOpen', 'publish']
/** Part of an ask or a stream: the generation word is its correlation. */
const correlatedKinds: readonly RecordKind[] = [
  'reply',
  'replyError',
  'cancel',
  'largeReply',
  'streamCredit',
  'streamItem',
  'streamEnd',
  'streamError',
  'streamCancel',
]

const KINDS_MAX = 128
const nameByKind: (RecordKind | undefined)[] = new Array(KINDS_MAX).fill(undefined)
const isUserByKind = new Uint8Array(KINDS_MAX)
const isCorrelatedByKind = new Uint8Array(KINDS_MAX)
for (const [name, kind] of Object.entries(RECORD_KINDS) as [RecordKind, number][]) {
  nameByKind[kind] = name
  isUserByKind[kind] = userKinds.includes(name) ? 1 : 0
  isCorrelatedByKind[kind] = correlatedKinds.includes(name) ? 1 : 0
}

/** undefined for a number that is no kind: the record's sender is of another version, or its bytes are broken. */
export function recordKindName(kind: number): RecordKind | undefined {
  return nameByKind[kind]
}

export function laneOfKind(kind: number): RecordLane {
  return isUserByKind[kind] === 1 ? 'user' : 'system'
}

/** Whether the generation word of such a record is the correlation of an ask or stream. */
export function isCorrelated(kind: number): boolean {
  return isCorrelatedByKind[kind] === 1
}
