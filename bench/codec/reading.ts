import type { Outcome } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'

/** What a device might say: a number, a short text, 1 KiB of bytes. */
export interface Reading {
  id: number
  name: string
  data: Uint8Array
}

/** The first id. From here on every encoding in question gives an id four bytes, always at the same place. */
export const FIRST_ID = 0x1_0000

export function firstReading(): Reading {
  return { id: FIRST_ID, name: 'kitchen/lamp-7', data: Uint8Array.from({ length: 1_024 }, (_, index) => index) }
}

/** `encode` answers the id as it stands in the bytes. */
export function encodeAll(messages: number, encode: (reading: Reading) => number): Promise<Outcome> {
  const reading = firstReading()
  return rateOf(messages, async (count) => {
    let checksum = 0
    for (let index = 0; index < count; index++) {
      reading.id = FIRST_ID + index
      checksum += encode(reading) - FIRST_ID
    }
    return { counted: count, checksum }
  })
}

/** `decode` puts the id into the bytes and answers what they hold. */
export function decodeAll(messages: number, decode: (id: number) => Reading): Promise<Outcome> {
  const { name, data } = firstReading()
  return rateOf(messages, async (count) => {
    let checksum = 0
    let counted = 0
    for (let index = 0; index < count; index++) {
      const reading = decode(FIRST_ID + index)
      checksum += reading.id - FIRST_ID
      if (reading.name.length === name.length && reading.data.length === data.length) counted++
    }
    return { counted, checksum }
  })
}
