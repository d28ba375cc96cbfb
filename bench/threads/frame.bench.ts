import { FrameSink, FrameSource } from '../actors/frame-flow.actor.ts'
import { type BenchCase, benchCase, type Outcome, type Scale, type Tally } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { named, ours, postMessage } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly frames: number
  readonly bytes: number
  readonly window: number
}

/** Frames of one size, one way, filled by the sender and read where they lie, from one thread to another. */
function frameCase(
  label: string,
  bytes: number,
  window: number,
  ours_: number,
  theirs: number,
  reach: Reach,
): BenchCase {
  const sizeOf = (frames: number): Record<Scale, Size> => ({
    full: { frames, bytes, window },
    quick: { frames: frames >> 2, bytes, window },
    smoke: { frames: 50, bytes, window },
  })
  const peer = (work: string, name: string, ratio: number | undefined) =>
    named(`postMessage, ${name}`, postMessage(work, sizeOf(theirs), ratio))
  return benchCase<Size>({
    name: `threads/frame/${label}`,
    rows: [{ bench: `threads/frame/${label}`, figure: 'rate', unit: 'frames/s', better: 'more' }],
    ours: ours(import.meta.url, sizeOf(ours_)),
    peers: [
      peer('frameCopied', 'copied', reach.copied),
      peer('frameTransferred', 'transferred', reach.transferred),
      peer('frameReturned', 'buffers returned', reach.returned),
    ],
    expected: ({ frames, bytes: length }) => {
      let checksum = 0
      for (let index = 0; index < frames; index++) checksum += length + (index & 255) + 7
      return { counted: frames, checksum }
    },
  })
}

interface Reach {
  readonly copied?: number
  readonly transferred?: number
  readonly returned?: number
}

const KIB = 1_024

export const frame1KiB = frameCase('1-kib', KIB, 512, 4_000_000, 400_000, { copied: 12, transferred: 15 })
export const frame64KiB = frameCase('64-kib', 64 * KIB, 64, 300_000, 120_000, { returned: 1.5 })
export const frame1MiB = frameCase('1-mib', KIB * KIB, 16, 20_000, 10_000, { returned: 1.2 })

export const works = {
  ours: ({ frames, bytes, window }: Size): Promise<Outcome> =>
    withSystem(2, async ({ system, gate, reported }) => {
      const sink = system.spawn(FrameSink, [gate], { placement: 'pinned' })
      const source = system.spawn(FrameSource, [], { placement: 'pinned' })
      await Promise.all([sink.ready(), source.ready()])
      return rateOf(frames, async (count): Promise<Tally> => {
        await sink.ask.expect(source, count, window)
        source.tell.send(sink, count, bytes, window)
        return reported()
      })
    }),
}
