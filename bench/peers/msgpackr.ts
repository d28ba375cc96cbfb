import { Packr } from 'msgpackr'
import { decodeAll, encodeAll, firstReading, type Reading } from '../codec/reading.ts'
import type { Work } from '../harness/bench-case.ts'

type Size = Readonly<Record<'messages', number>>

/** Records with a dictionary shared by both sides: the shape is known in advance, and each message only names it. */
function warmPackr(): Packr {
  const packr = new Packr({ structures: [] })
  packr.pack(firstReading())
  return packr
}

/** Behind the number of the record and the first byte of a 32-bit integer. The checksum would tell. */
const ID_OFFSET = 2

export const works: Readonly<Record<string, Work<Size>>> = {
  encode: ({ messages }) => {
    const packr = warmPackr()
    return encodeAll(messages, (reading) => packr.pack(reading).readUInt32BE(ID_OFFSET))
  },
  decode: ({ messages }) => {
    const packr = warmPackr()
    const bytes = Uint8Array.from(packr.pack(firstReading()))
    const view = new DataView(bytes.buffer)
    return decodeAll(messages, (id) => {
      view.setUint32(ID_OFFSET, id)
      return packr.unpack(bytes) as Reading
    })
  },
}
