import type { Socket } from 'node:net'
import type { LinkEndState, LinkIdentity, LinkReport } from '../ledger/link-report.ts'
import { RunningHash } from '../ledger/running-hash.ts'
import type { LoopStream } from '../replay/loop-stream.ts'
import type { ReplaySchedule } from '../replay/replay-schedule.ts'

/** What a socket must be able to do for an uplink. */
export type UplinkSocket = Pick<Socket, 'write' | 'cork' | 'uncork' | 'writableNeedDrain'>

export interface UplinkParts {
  readonly identity: LinkIdentity
  readonly socket: UplinkSocket
  readonly stream: LoopStream
  readonly schedule: ReplaySchedule
  /** Stream position behind the first `count` units of the schedule. */
  readonly unitsEnd: (count: number) => number
  readonly openedMs: number
}

/** The sending end of a link: plays the looped recording into a socket and keeps the books. */
export class Uplink {
  readonly #parts: UplinkParts
  readonly #hash = new RunningHash()
  #unitCount = 0

  constructor(parts: UplinkParts) {
    this.#parts = parts
  }

  /** Writes what is due, in one go. Writes nothing while the peer is too slow: the schedule decides what is caught up. */
  sendDue(nowMs: number): void {
    const { socket, stream, schedule, unitsEnd } = this.#parts
    if (socket.writableNeedDrain) return
    this.#unitCount += schedule.take(nowMs)
    const from = this.#hash.byteCount
    const to = unitsEnd(this.#unitCount)
    if (from === to) return
    socket.cork()
    for (const slice of stream.slices(from, to)) {
      // Never copied: nobody writes to a recording.
      socket.write(slice)
      this.#hash.update(slice)
    }
    socket.uncork()
  }

  report(state: LinkEndState): LinkReport {
    const { identity, stream, openedMs } = this.#parts
    const { byteCount } = this.#hash
    const packets = stream.packetCounts(byteCount)
    return { ...identity, end: 'device', state, openedMs, byteCount, digest: this.#hash.digest(), packets }
  }
}
