import { CyncFraming, decodePacket } from 'troupe/actors'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { copyingCync, ours } from '../peers/contenders.ts'
import { DecodedTally, expectedOf, recordedStreams } from './home-recording.ts'

interface Size {
  readonly [key: string]: number
  readonly loops: number
}

const sizeOf = (loops: number) => sizes<Size>({ loops }, { loops: 5 })

/**
 * The recording of a home, in the reads in which it came, cut into packets and each of these decoded to all of its fields: frames
 * without their byte stuffing, checksums compared, datapoints with their records. Fresh values each time. No socket, no actor.
 */
export const cyncDecode = benchCase<Size>({
  name: 'cync/decode',
  rows: [{ bench: 'cync/decode', figure: 'rate', unit: 'packets/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(2_000)),
  peers: [copyingCync('decode', sizeOf(600), 3)],
  expected: ({ loops }) => expectedOf(loops),
})

export const works = {
  ours: ({ loops }: Size): Promise<Outcome> => {
    const streams = recordedStreams()
    return rateOf(loops, async (count) => {
      const tally = new DecodedTally()
      const onPacket = (bytes: Uint8Array): void => {
        const { packet } = decodePacket(bytes)
        tally.packets++
        tally.bytes += bytes.length
        if (packet.type === 'pipe' || packet.type === 'pipe-sync') tally.dataBytes += packet.frame.data.length
        else if (packet.type === 'sync') {
          for (const { record } of packet.entries) if (record !== undefined) tally.records++
        }
      }
      for (let loop = 0; loop < count; loop++) {
        for (const stream of streams) {
          const framing = new CyncFraming()
          for (const chunk of stream) framing.push(chunk, onPacket)
        }
      }
      return tally.tally
    })
  },
}
