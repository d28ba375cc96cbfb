import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import type { Work } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { type FramedSize, FramedStream, MessageTally } from './framed-stream.ts'

const require = createRequire(import.meta.url)
/** It has no types of its own. */
const { decode } = require('length-prefixed-stream') as { decode(): Duplex }

/** Its lengths are varints; 256 is two bytes. */
const PREFIX = Uint8Array.of(0x80, 0x02)

const lengthPrefix: Work<FramedSize> = ({ messages, messageBytes }) => {
  const stream = new FramedStream(PREFIX, messageBytes)
  return rateOf(messages, async (count) => {
    const tally = new MessageTally()
    const decoder = decode()
    decoder.on('data', tally.add)
    for (const read of stream.reads(count)) {
      if (!decoder.write(read)) await once(decoder, 'drain')
    }
    const ended = once(decoder, 'end')
    decoder.end()
    await ended
    return tally.tally
  })
}

export const works = { lengthPrefix }
