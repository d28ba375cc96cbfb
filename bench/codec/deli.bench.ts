import { DeliCodec, deli } from 'troupe/actors'
import { benchCase, type Outcome, sizes, type Tally } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { msgpackr, ours } from '../peers/contenders.ts'
import { decodeAll, encodeAll, firstReading } from './reading.ts'

interface Size {
  readonly [key: string]: number
  readonly messages: number
}

const sizeOf = (messages: number) => sizes<Size>({ messages }, { messages: 1_000 })
const expected = ({ messages }: Size): Tally => ({ counted: messages, checksum: sumBelow(messages) })

const { struct, u32, u8, string, vec } = deli
const reading = struct({ id: u32, name: string, data: vec(u8) })

/**
 * A struct with a number, a short text and 1 KiB of bytes, on one thread, with nothing around it. Ours writes into one buffer,
 * again and again, as it would into frames; the peer cannot, and takes 8 KiB of its own for every few messages. It is given records that
 * both of its sides know in advance. The text is the same in every message.
 */
export const deliEncode = benchCase<Size>({
  name: 'codec/deli-encode',
  rows: [{ bench: 'codec/deli-encode', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(5_000_000), 'encode'),
  peers: [msgpackr('encode', sizeOf(2_000_000), 1.5)],
  expected,
})

/** The same the other way: a fresh object each time, its bytes a view on both sides. */
export const deliDecode = benchCase<Size>({
  name: 'codec/deli-decode',
  rows: [{ bench: 'codec/deli-decode', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(5_000_000), 'decode'),
  peers: [msgpackr('decode', sizeOf(2_000_000), 1.5)],
  expected,
})

export const works = {
  encode: ({ messages }: Size): Promise<Outcome> => {
    const codec = new DeliCodec(reading)
    const target = new Uint8Array(2_048)
    const view = new DataView(target.buffer)
    return encodeAll(messages, (value) => {
      codec.encodeInto(value, target, 0)
      return view.getUint32(0, true)
    })
  },
  decode: ({ messages }: Size): Promise<Outcome> => {
    const codec = new DeliCodec(reading)
    const bytes = codec.encode(firstReading())
    const view = new DataView(bytes.buffer)
    return decodeAll(messages, (id) => {
      view.setUint32(0, id, true)
      return codec.decode(bytes)
    })
  },
}
