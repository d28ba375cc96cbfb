import { LengthPrefixFraming } from 'troupe/actors'
import { benchCase, sizes } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { concatSubarray, lengthPrefixedStream, ours } from '../peers/contenders.ts'
import { expectedTally, type FramedSize, FramedStream, MessageTally } from '../peers/framed-stream.ts'

const MESSAGE_BYTES = 256

const sizeOf = (messages: number) => sizes<FramedSize>({ messages, messageBytes: MESSAGE_BYTES }, { messages: 1_000 })

/**
 * Cuts messages of 256 bytes with a 32-bit length in front out of reads of 64 KiB. No socket, no actor: the price of framing
 * alone, which a connection pays for every message.
 */
export const lengthPrefix = benchCase<FramedSize>({
  name: 'framing/length-prefix',
  rows: [{ bench: 'framing/length-prefix', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(20_000_000)),
  peers: [concatSubarray('lengthPrefix', sizeOf(10_000_000)), lengthPrefixedStream('lengthPrefix', sizeOf(2_000_000))],
  expected: expectedTally,
})

export const works = {
  ours: ({ messages, messageBytes }: FramedSize) => {
    const framing = new LengthPrefixFraming()
    const prefix = new Uint8Array(4)
    framing.writePrefix(prefix, 0, messageBytes)
    const stream = new FramedStream(prefix, messageBytes)
    return rateOf(messages, async (count) => {
      const tally = new MessageTally()
      for (const read of stream.reads(count)) framing.push(read, tally.add)
      return tally.tally
    })
  },
}
