import { UsageError } from '../base/errors.ts'
import { checkChoice, checkRange, resolveOptions } from '../base/options.ts'

/** What a full mailbox does with one more message. */
export type OverflowPolicy = 'reject' | 'drop-newest' | 'drop-oldest' | 'conflate'

export interface MailboxOptions {
  /** Messages it holds, the stash included. Count, 1 to 16_777_216. @default 65_536 */
  readonly messagesMax?: number
  /** Bytes it holds: 64 a message, plus strings and views among its arguments. Bytes, >= 1_024. @default 64 MiB */
  readonly bytesMax?: number
  /**
   * `reject`: the sender is told `mailbox-full`. `drop-newest`, `drop-oldest`: accepted, and the newest or the oldest one
   * goes to dead letters. `conflate`: a message sent with a `key` replaces the queued one with that key, full or not;
   * without a key it is `reject`.
   * @default 'reject'
   */
  readonly overflow?: OverflowPolicy
  /** Messages not begun by then go to dead letters as `expired`. Milliseconds, > 0. @default Infinity */
  readonly ttlMs?: number
  /** Messages survive the death of the actor's thread and are delivered again. @default false */
  readonly retain?: boolean
  /** With `retain`: deaths of the thread in which a message was being held, after which it is quarantined. @default 3 */
  readonly deliveriesMax?: number
}

export const mailboxDefaults: Required<MailboxOptions> = Object.freeze({
  messagesMax: 65_536,
  bytesMax: 64 * 1_024 * 1_024,
  overflow: 'reject',
  ttlMs: Number.POSITIVE_INFINITY,
  retain: false,
  deliveriesMax: 3,
})

export function resolveMailboxOptions(options: MailboxOptions | undefined): Required<MailboxOptions> {
  if (options === undefined) return mailboxDefaults
  const resolved = resolveOptions<Required<MailboxOptions>>(options, mailboxDefaults, 'mailbox')
  checkRange('mailbox', 'messagesMax', resolved.messagesMax, { min: 1, max: 2 ** 24, unit: 'messages' })
  checkRange('mailbox', 'bytesMax', resolved.bytesMax, { min: 1_024, max: Number.MAX_SAFE_INTEGER, unit: 'bytes' })
  checkChoice('mailbox', 'overflow', resolved.overflow, ['reject', 'drop-newest', 'drop-oldest', 'conflate'])
  checkRange('mailbox', 'ttlMs', resolved.ttlMs, {
    min: 1e-3,
    max: Number.POSITIVE_INFINITY,
    unit: 'ms',
    fraction: true,
  })
  checkChoice('mailbox', 'retain', resolved.retain, [true, false])
  if (resolved.retain && resolved.overflow === 'conflate') {
    throw new UsageError('invalid-option', "mailbox: retain keeps every message, overflow 'conflate' does not")
  }
  checkRange('mailbox', 'deliveriesMax', resolved.deliveriesMax, { min: 1, max: 255, unit: 'deliveries' })
  return resolved
}
