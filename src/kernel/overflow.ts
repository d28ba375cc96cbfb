import type { ActorCell } from './actor-cell.ts'
import type { SendResult } from './actor-ref.ts'
import { type Envelope, INTERNAL } from './envelope.ts'

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
  if (limits.overflow === 'conflate' && extra?.key !== undefined) conflate(cell, extra.key)
  const isFull = cell.queued >= limits.messagesMax || cell.bytes + bytes > limits.bytesMax
  if (isFull) {
    if (limits.overflow === 'drop-newest') return dropNewest(cell, code, a, b, extra)
    if (limits.overflow !== 'drop-oldest' || bytes > limits.bytesMax) return refuse(cell)
    dropOldest(cell, bytes)
  }
  if (limits.ttlMs === Number.POSITIVE_INFINITY) return undefined
  const timed = extra ?? cell.newEnvelope()
  timed.expiresAtMs = Math.min(timed.expiresAtMs, cell.kernel.clock.nowMs() + limits.ttlMs)
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
  if (limits.overflow === 'conflate' && extra?.key !== undefined) conflate(cell, extra.key)
  if (cell.queued >= limits.messagesMax || cell.bytes + bytes > limits.bytesMax) {
    const canDrop = limits.overflow === 'drop-oldest' && bytes <= limits.bytesMax
    if (!canDrop) {
      cell.markFull()
      return cell.deadLetter('mailbox-full', code, a, b, extra)
    }
    dropOldest(cell, bytes)
  }
  let timed = extra
  if (limits.ttlMs !== Number.POSITIVE_INFINITY) {
    timed ??= cell.newEnvelope()
    timed.expiresAtMs = Math.min(timed.expiresAtMs, cell.kernel.clock.nowMs() + limits.ttlMs)
  }
  cell.put(code, a, b, timed, bytes)
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

function dropOldest(cell: ActorCell, bytes: number): void {
  const limits = cell.options.mailbox
  while (cell.queued >= limits.messagesMax || cell.bytes + bytes > limits.bytesMax) {
    if (!dropFirst(cell)) return // only the stash is left, which is not for dropping
  }
}

/** Takes the oldest message out of the mailbox. A tombstone stays in its place. */
function dropFirst(cell: ActorCell): boolean {
  const { mailbox } = cell
  for (let position = 0; position < mailbox.count; position++) {
    const offset = mailbox.offsetAt(position)
    const { elements } = mailbox
    if (elements[offset] === INTERNAL) continue
    const [code, a, b, extra] = elements.slice(offset, offset + 4) as [number, unknown, unknown, Envelope | undefined]
    if (extra?.isGone === true) continue
    mailbox.bury(offset, TOMBSTONE)
    cell.countTaken(extra)
    cell.deadLetter('dropped-oldest', code, a, b, extra)
    return true
  }
  return false
}

/** The queued message with that key is a dead letter from now on; its place in the mailbox is skipped when its turn comes. */
function conflate(cell: ActorCell, key: string): void {
  const older = cell.more.keyed.get(key)
  if (older === undefined) return
  cell.more.keyed.delete(key)
  if (older.extra === undefined || older.extra.isGone) return
  older.extra.isGone = true
  cell.countTaken(older.extra)
  cell.deadLetter('conflated', older.code, older.a, older.b, older.extra)
}

const TOMBSTONE = Object.freeze({ run: () => {} })
