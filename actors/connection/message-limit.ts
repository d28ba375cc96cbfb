import { CapacityError, ProtocolError, UsageError } from 'troupe'

/** Largest message unless an option says otherwise, inclusive. Bytes. */
export const MESSAGE_BYTES_MAX = 67_108_864

/** The largest limit that can be set: what a 32-bit length can say. Bytes. */
export const LIMIT_BYTES_MAX = 0xffff_ffff

/** The peer announced or sent too much; `text` says who and how much. The error carries both numbers as properties. */
export function receivedTooLarge(text: string, lengthBytes: number, limitBytes: number): ProtocolError {
  const error = new ProtocolError('message-too-large', `${text}, limit ${limitBytes}`)
  return Object.assign(error, { lengthBytes, limitBytes })
}

/** Throws unless a message of this length may be sent. */
export function checkSendLength(lengthBytes: number, limitBytes: number): void {
  if (lengthBytes <= limitBytes) return
  const text = `a message of ${lengthBytes} bytes is too large to send, limit ${limitBytes}`
  throw Object.assign(new CapacityError('message-too-large', text), { lengthBytes, limitBytes })
}

/** Throws a `UsageError` naming option, value and range unless `value` is a whole number of bytes in the range. */
export function checkByteOption(owner: string, option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new UsageError(
    'invalid-option',
    `${owner}: ${option} must be a whole number from ${min} to ${max} bytes, got ${value}`,
  )
}
