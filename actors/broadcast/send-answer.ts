import type { Log, TroupeError } from 'troupe'
import type { LinkSendResult } from '../connection/link-writer.ts'

/**
 * What became of a value: see `LinkSendResult`. `invalid-value`, `message-too-large`, `invalid-frame`: codec or framing cannot carry
 * it; the log says why, and nothing else changes. That is an answer and no error, since an error would end the sender.
 */
export type SendAnswer = Exclude<LinkSendResult, 'queue-full'> | SendRefusal

export type SendRefusal = 'invalid-value' | 'message-too-large' | 'invalid-frame'

const refusals: readonly string[] = ['invalid-value', 'message-too-large', 'invalid-frame'] satisfies SendRefusal[]

/** The answer for what codec or framing threw; throws what is no refusal of theirs. */
export function sendRefusal(log: Log, error: unknown): SendRefusal {
  const { code, message } = error as TroupeError
  if (!refusals.includes(code)) throw error
  log.warn({ code }, `a value was not sent: ${message}`)
  return code as SendRefusal
}
