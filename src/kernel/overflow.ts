import type { ActorCell } from './actor-cell.ts'
import type { SendResult } from './actor-ref.ts'
import { type Envelope, INTERNAL, type QueuedMessage } from './envelope.ts'
import { leased } from './frame.ts'
import { MESSAGE_BYTES } from './mailbox.ts'

/**
 * What becomes of a message for a mailbox that is full, or has a policy for messages that are not: a result, or undefined
 * when it is simply to be queued.
 */
export function takeOverflow(
  cell: ActorCell,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
  bytes: number,
): SendResult | undefined {
  const limits = cell.options.mailbox
  const timed = limits.ttlMs === Number.POSITIVE_INFINITY ? extra : expiring(cell, extra)
  if (limits.overflow === 'conflate' && conflate(cell, code, a, b, timed, bytes, true)) {
    cell.countArrived()
    return 'accepted'
  }
  if (isFull(cell, bytes)) {
    if (limits.overflow === 'drop-newest') return dropNewest(cell, code, a, b, timed)
    if (limits.overflow !== 'drop-oldest' || !makeRoom(cell, bytes)) return refuse(cell)
  }
  if (limits.retain && timed?.isRetainable !== false) return retain(cell, code, a, b, timed, bytes)
  if (timed === extra) return undefined
  cell.enqueue(code, a, b, timed, bytes)
  return 'accepted'
}

/** The same for a message from another thread, which was accepted there and counted: no room makes it a dead letter. */
export function admitOverflow(
  cell: ActorCell,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
  bytes: number,
): void {
  const limits = cell.options.mailbox
  const timed = limits.ttlMs === Number.POSITIVE_INFINITY ? extra : expiring(cell, extra)
  if (limits.overflow === 'conflate' && conflate(cell, code, a, b, timed, bytes, false)) return
  if (isFull(cell, bytes) && !(limits.overflow === 'drop-oldest' && makeRoom(cell, bytes))) {
    cell.markFull()
    return cell.deadLetter('mailbox-full', code, a, b, timed)
  }
  cell.put(code, a, b, timed, bytes)
}

/** Keeps the message beyond its thread, and queues it. */
function retain(
  cell: ActorCell,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
  bytes: number,
): SendResult {
  const kept = extra ?? cell.newEnvelope()
  kept.record = cell.kernel.retention.keep(cell.slot, cell.generation, code, a, b)
  if (kept.record < 0) return refuse(cell)
  cell.enqueue(code, a, b, kept, bytes)
  return 'accepted'
}

function isFull(cell: ActorCell, bytes: number): boolean {
  const { messagesMax, bytesMax } = cell.options.mailbox
  return cell.queued >= messagesMax || cell.bytes + bytes > bytesMax
}

function expiring(cell: ActorCell, extra: Envelope | undefined): Envelope {
  const timed = extra ?? cell.newEnvelope()
  timed.expiresAtMs = Math.min(timed.expiresAtMs, cell.kernel.clock.nowMs() + cell.options.mailbox.ttlMs)
  return timed
}

function refuse(cell: ActorCell): SendResult {
  cell.kernel.meters.add('refused', 1)
  cell.markFull()
  return 'mailbox-full'
}

/** It counts as sent and as a dead letter. An ask hears of it at once. */
function dropNewest(cell: ActorCell, code: number, a: unknown, b: unknown, extra: Envelope | undefined): SendResult {
  cell.countArrived()
  cell.deadLetter('mailbox-full', code, a, b, extra)
  return 'accepted'
}

/** Drops the oldest messages for a new one of that size. Answers false, dropping none, where that cannot help. */
function makeRoom(cell: ActorCell, bytes: number): boolean {
  const { messagesMax, bytesMax } = cell.options.mailbox
  const stash = cell.extras?.stash ?? [] // is not for dropping
  let stashBytes = 0
  for (const { extra } of stash) stashBytes += extra === undefined ? MESSAGE_BYTES : extra.bytes
  if (stash.length >= messagesMax || stashBytes + bytes > bytesMax) return false
  while (isFull(cell, bytes) && dropOldest(cell)) {}
  return true
}

function dropOldest(cell: ActorCell): boolean {
  const { mailbox } = cell
  for (let position = 0; position < mailbox.count; position++) {
    const offset = mailbox.offsetAt(position)
    const [code, a, b, extra] = mailbox.elements.slice(offset, offset + 4) as MailboxRow
    if (code === INTERNAL) continue // signals and streams are not for dropping either
    mailbox.remove(position)
    cell.countTaken(extra)
    cell.deadLetter('dropped-oldest', code, a, b, extra)
    return true
  }
  return false
}

type MailboxRow = [code: number, a: unknown, b: unknown, extra: Envelope | undefined]

/**
 * Gives the new message the place of the queued one with its key, which becomes a dead letter. Answers false, changing
 * nothing, if there is none, or the new one is too large for the room that the old one leaves.
 */
function conflate(
  cell: ActorCell,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
  bytes: number,
  isLocal: boolean,
): boolean {
  const keyed = extra?.key === undefined ? undefined : cell.extras?.keyed?.get(extra.key)
  if (extra === undefined || keyed === undefined) return false
  const older = keyed.message
  const freed = older.extra?.bytes ?? MESSAGE_BYTES
  if (cell.bytes - freed + bytes > cell.options.mailbox.bytesMax) return false
  cell.bytes += bytes - freed
  extra.bytes = bytes
  keyed.message = isLocal ? withOwnFrames(code, a, b, extra) : { code, a, b, extra }
  keyed.place.replacedBy = keyed.message
  cell.deadLetter('conflated', older.code, older.a, older.b, older.extra)
  return true
}

function withOwnFrames(code: number, a: unknown, b: unknown, extra: Envelope): QueuedMessage {
  const message = leased(code, a, b)
  if (message.frames.length > 0) extra.frames = message.frames
  return { code, a: message.a, b: message.b, extra }
}
