import { MARKS } from '../peers/framed-stream.ts'

/**
 * The messages that all senders send: message number n is view n modulo 64, and begins with that number. They lie over each
 * other in one buffer, so that they stay in the cache, and nobody writes to them: they may be sent without a copy.
 */
export function messageViews(messageBytes: number): readonly Uint8Array[] {
  const bytes = Buffer.alloc(messageBytes + MARKS)
  for (let mark = 0; mark < MARKS; mark++) bytes[mark] = mark
  return Array.from({ length: MARKS }, (_, mark) => bytes.subarray(mark, mark + messageBytes))
}

/** Of message number `index`. */
export function messageAt(views: readonly Uint8Array[], index: number): Uint8Array {
  return views[index % MARKS]!
}
