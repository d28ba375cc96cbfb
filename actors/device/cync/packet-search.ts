import { decodePacket } from './packet-decoder.ts'
import {
  CYNC_HEADER_BYTES,
  CYNC_PAYLOAD_BYTES_MAX,
  isLikelyHeader,
  kindOf,
  LIKELY_BYTES_MAX,
  payloadLength,
} from './packet-header.ts'
import { SYNC_ENTRIES_OFFSET, SYNC_KIND, syncEntriesEnd } from './sync-entries.ts'

/** More than this has to be there before it is known where the stream goes on. Bytes. */
export const SEARCH_BYTES_MAX = CYNC_HEADER_BYTES + CYNC_PAYLOAD_BYTES_MAX + CYNC_HEADER_BYTES

/** Looked at together: later ones wait until one of these is gone. Count. */
const CANDIDATES_MAX = 64

/** A place where a packet may begin, and where it would end. Bytes since the search began. */
interface Candidate {
  readonly start: number
  readonly end: number
  /** It was looked at, and will be again when more is known: as the first one, or with a header behind it. */
  wasTried: boolean
}

/** What a search has found: `start` bytes from where it began, or was last told to drop bytes, a packet begins that is `length` bytes long. */
export interface Found {
  readonly start: number
  readonly length: number
}

/**
 * Finds where a stream goes on in which something else than a packet stands, or a packet that promises more than any is likely to
 * have. What it finds depends on the bytes alone, not on how they came: each rule applies at the earliest byte that allows it.
 *
 * - The first candidate is taken when it is complete and is sound; or when a likely header follows.
 * - A later one is taken, and what is before it given up, when it is sound and a likely header follows.
 */
export class PacketSearch {
  readonly #candidates: Candidate[] = []
  /** Bytes dropped since the search began. */
  #dropped = 0
  /** Up to where the bytes were looked at as the begin of a header. */
  #scanned = 0
  /** How many bytes have to be there for the next decision. */
  #decisionAt = Number.POSITIVE_INFINITY
  /** Where the last decision was made: none is made before it. */
  #decidedAt = 0
  /** The first candidate is a packet that was due: it needs no proof. */
  #isFirstDue = false

  /** From now on nothing is known. `dueBytes`: a packet of that length is due here; 0 for none. */
  begin(dueBytes: number): void {
    this.#candidates.length = 0
    if (dueBytes > 0) this.#candidates.push({ start: 0, end: dueBytes, wasTried: false })
    this.#isFirstDue = dueBytes > 0
    this.#dropped = 0
    this.#scanned = 1
    this.#decidedAt = 0
    this.#plan()
  }

  /** Bytes of which it is certain that no packet begins there. */
  get rejected(): number {
    return (this.#candidates[0]?.start ?? this.#scanned) - this.#dropped
  }

  /** That many bytes are gone: not more than `rejected`. */
  drop(count: number): void {
    this.#dropped += count
  }

  /** Looks at `bytes` from `from`, where the search began or what was dropped ends, to `to`: the same as before, and what came since. */
  run(bytes: Uint8Array, from: number, to: number): Found | undefined {
    const origin = from - this.#dropped
    const count = to - origin
    this.#scan(bytes, origin, count)
    while (this.#decisionAt <= count) {
      this.#decidedAt = this.#decisionAt
      const found = this.#decide(bytes, origin)
      if (found !== undefined) return { start: found.start - this.#dropped, length: found.end - found.start }
      this.#scan(bytes, origin, count)
      this.#plan()
    }
    return undefined
  }

  #scan(bytes: Uint8Array, origin: number, count: number): void {
    const candidates = this.#candidates
    const before = candidates.length
    const last = count - CYNC_HEADER_BYTES
    let start = this.#scanned
    for (; start <= last && candidates.length < CANDIDATES_MAX; start++) {
      if (!isLikelyHeader(bytes, origin + start)) continue
      const end = start + CYNC_HEADER_BYTES + payloadLength(bytes, origin + start)
      candidates.push({ start, end, wasTried: false })
    }
    this.#scanned = start
    if (candidates.length > before) this.#plan()
  }

  /** Looks at the one that is due, which takes it, drops it, or puts it off. */
  #decide(bytes: Uint8Array, origin: number): Candidate | undefined {
    const now = this.#decidedAt
    const index = this.#candidates.findIndex((candidate, at) => decisionOf(candidate, at) <= now)
    const candidate = this.#candidates[index]!
    const verdict = index === 0 ? this.#judgeFirst(candidate, bytes, origin) : judgeLater(candidate, bytes, origin)
    if (verdict === 'packet') return candidate
    if (verdict === 'none') this.#candidates.shift()
    else candidate.wasTried = true
    return undefined
  }

  #judgeFirst({ start, end }: Candidate, bytes: Uint8Array, origin: number): 'packet' | 'none' | 'later' {
    if (this.#isFirstDue || isSound(bytes, origin + start, origin + end)) return 'packet'
    if (this.#decidedAt < end + CYNC_HEADER_BYTES) return 'later'
    return isLikelyHeader(bytes, origin + end) ? 'packet' : 'none'
  }

  /** The earliest decision that is to come. */
  #plan(): void {
    this.#decisionAt = Number.POSITIVE_INFINITY
    for (const [index, candidate] of this.#candidates.entries()) {
      const at = Math.max(this.#decidedAt, decisionOf(candidate, index))
      if (at < this.#decisionAt) this.#decisionAt = at
    }
  }
}

function decisionOf({ end, wasTried }: Candidate, index: number): number {
  if (index === 0) return wasTried ? end + CYNC_HEADER_BYTES : end
  return wasTried ? Number.POSITIVE_INFINITY : end + CYNC_HEADER_BYTES
}

function judgeLater({ start, end }: Candidate, bytes: Uint8Array, origin: number): 'packet' | 'later' {
  return isLikelyHeader(bytes, origin + end) && isSound(bytes, origin + start, origin + end) ? 'packet' : 'later'
}

/** Whether it decodes without a problem. Bounded: whoever sends garbage decides how often this is asked. */
function isSound(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > LIKELY_BYTES_MAX) return false
  if (kindOf(bytes[start]!) === SYNC_KIND) return syncEntriesEnd(bytes, start + SYNC_ENTRIES_OFFSET, end) === end
  return decodePacket(bytes.subarray(start, end)).problems.length === 0
}
