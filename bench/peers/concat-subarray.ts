import type { Work } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { type FramedSize, FramedStream, MessageTally } from './framed-stream.ts'

/** What one writes by hand: join the rest with what arrived, then cut. */
const lengthPrefix: Work<FramedSize> = ({ messages, messageBytes }) => {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32LE(messageBytes)
  const stream = new FramedStream(prefix, messageBytes)
  return rateOf(messages, async (count) => {
    const tally = new MessageTally()
    let rest: Buffer = Buffer.alloc(0)
    for (const read of stream.reads(count)) {
      rest = rest.length === 0 ? read : Buffer.concat([rest, read])
      let at = 0
      while (rest.length - at >= 4) {
        const end = at + 4 + rest.readUInt32LE(at)
        if (end > rest.length) break
        tally.add(rest.subarray(at + 4, end))
        at = end
      }
      rest = rest.subarray(at)
    }
    return tally.tally
  })
}

export const works = { lengthPrefix }
