import type { PacketCounts } from '../connection/packet-counts.ts'
import { packetTypeName } from '../connection/packet-framing.ts'
import type { Recording } from './recording.ts'

/**
 * A recording played over and over, as one endless stream of bytes. Its content at a position depends on the recording
 * alone, so whoever knows the recording can say what the first n bytes must have been.
 */
export class LoopStream {
  readonly recording: Recording

  constructor(recording: Recording) {
    this.recording = recording
  }

  /** Stream position behind the first `count` packets. */
  packetsEnd(count: number): number {
    return this.#endOf(this.recording.packets, count)
  }

  /** Stream position behind the first `count` recorded reads. */
  readsEnd(count: number): number {
    return this.#endOf(this.recording.reads, count)
  }

  /** The bytes from position `from` to `to` (not included), in order, as views of the recording: at most one a loop. */
  *slices(from: number, to: number): Generator<Uint8Array> {
    const { bytes } = this.recording
    let position = from
    while (position < to) {
      const offset = position % bytes.length
      const slice = bytes.subarray(offset, Math.min(bytes.length, offset + to - position))
      yield slice
      position += slice.length
    }
  }

  /** The packets that lie whole in the first `byteCount` bytes, by type. */
  packetCounts(byteCount: number): PacketCounts {
    const { bytes, packets } = this.recording
    const loops = Math.floor(byteCount / bytes.length)
    const inLoop = byteCount % bytes.length
    const counts: Record<string, number> = {}
    for (const { type, endOffset } of packets) {
      const seen = endOffset <= inLoop ? loops + 1 : loops
      if (seen === 0) break
      const name = packetTypeName(type)
      counts[name] = (counts[name] ?? 0) + seen
    }
    return counts
  }

  #endOf(units: readonly { readonly endOffset: number }[], count: number): number {
    const loops = Math.floor(count / units.length)
    const inLoop = count % units.length
    return loops * this.recording.bytes.length + (inLoop === 0 ? 0 : units[inLoop - 1]!.endOffset)
  }
}
