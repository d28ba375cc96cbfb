import type { ActorCell } from './actor-cell.ts'
import type { Envelope } from './envelope.ts'

/**
 * Takes a message with an envelope out of its mailbox's account. False for one that is not to be handled: a newer one takes its
 * place, or nobody wants it any more, and then it is accounted for.
 */
export function takeSpecial(cell: ActorCell, code: number, a: unknown, b: unknown, extra: Envelope): boolean {
  const { replacedBy } = extra
  if (replacedBy !== undefined) {
    cell.mailbox.unshift(replacedBy.code, replacedBy.a, replacedBy.b, replacedBy.extra)
    extra.replacedBy = undefined
    return false
  }
  cell.countTaken(extra)
  const keyed = extra.key === undefined ? undefined : cell.extras?.keyed
  if (keyed?.get(extra.key as string)?.message.extra === extra) keyed.delete(extra.key as string)
  if (!extra.isWanted) {
    extra.reply = undefined // it was told when it gave up
    const isLate = extra.deadlineMs <= cell.kernel.clock.nowMs()
    cell.deadLetter(isLate ? 'expired' : 'cancelled', code, a, b, extra)
    return false
  }
  const dueMs = Math.min(extra.expiresAtMs, extra.deadlineMs)
  if (dueMs === Number.POSITIVE_INFINITY || dueMs > cell.kernel.nowMs) return true
  if (dueMs > cell.kernel.clock.nowMs()) return true
  if (extra.deadlineMs <= extra.expiresAtMs) extra.reply = undefined // its asker sees that by the same clock
  cell.deadLetter('expired', code, a, b, extra)
  return false
}
