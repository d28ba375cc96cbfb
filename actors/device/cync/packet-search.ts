import { decodePacket } from './packet-decoder.ts'
import { CYNC_HEADER_BYTES, CYNC_PAYLOAD_BYTES_MAX, isLikelyHeader, payloadLength } from './packet-header.ts'

/** More than this has to be there before it is known where the stream goes on. Bytes. */
export const SEARCH_BYTES_MAX = CYNC_HEADER_BYTES + CYNC_PAYLOAD_BYTES_MAX + CYNC_HEADER_BYTES

/** A place where a packet may begin, and where it would end. In bytes from where the search began. */
interface Candidate {
  readonly start: number
  readonly end: number
  /** It was looked at as one behind others, and was none; when those are gone it gets another chance. */
  wasTried: boolean
}

/** What a search has found: at `start` a packet begins that is `length` bytes long. */
export interface Found {
  readonly start: number
  readonly length: number
}

/**
 * Finds where a stream goes on in which something else than a packet stands, or a packet that promises more than any is likely to
 * have. What it finds depends on the bytes alone, not on how they came: each rule applies at the earliest byte that allows it.
 *
 * - The first candidate is taken when it is complete and decodes without a problem; or when a likely header follows.
 * - A later one is taken, and what is before it given up, when it decodes without a problem and a likely header follows.
 */
export class PacketSearch {
  #candidates: Candidate[] = []
  /** Bytes that were looked at as the begin of a header. */
  #scanned = 0
  /** How many bytes have to be there for the next decision. */
  #decisionAt = Number.POSITIVE_INFINITY
  /** Where the last decision was made: none is made before it. */
  #decidedAt = 0
  /** The first candidate is a packet that was due: it needs no proof. */
  #isFirstDue = false

  /** From now on nothing is known. `dueBytes`: a packet of that length is due here; 0 for none. */
  begin(dueBytes: number): void {
    this.#candidates = dueBytes === 0 ? [] : [{ start: 0, end: dueBytes, wasTried: false }]
    this.#isFirstDue = dueBytes > 0
    this.#scanned = 1
    this.#decidedAt = 0
    this.#plan()
  }

  /** Bytes from the begin of which it is certain that no packet begins there. */
  get rejected(): number {
    return this.#candidates[0]?.start ?? this.#scanned
  }

  /** That many bytes are dropped: places are counted from behind them. Not more than `rejected`. */
  drop(count: number): void {
    if (count === 0) return
    this.#candidates = this.#candidates.map((candidate) => ({
      ...candidate,
      start: candidate.start - count,
      end: candidate.end - count,
    }))
    this.#scanned -= count
    this.#decidedAt -= count
    this.#plan()
  }

  /** Looks at `bytes` from `from` on, where the search began, to `to`: the same as before, and what came since. */
  run(bytes: Uint8Array, from: number, to: number): Found | undefined {
    const count = to - from
    this.#scan(bytes, from, count)
    while (this.#decisionAt <= count) {
      this.#decidedAt = Math.max(this.#decidedAt, this.#decisionAt)
      const found = this.#decide(bytes, from)
      if (found !== undefined) return found
      this.#plan()
    }
    return undefined
  }

  #scan(bytes: Uint8Array, from: number, count: number): void {
    const last = count - CYNC_HEADER_BYTES
    if (this.#scanned > last) return
    const before = this.#candidates.length
    for (let start = this.#scanned; start <= last; start++) {
      if (!isLikelyHeader(bytes, from + start)) continue
      const end = start + CYNC_HEADER_BYTES + payloadLength(bytes, from + start)
      this.#candidates.push({ start, end, wasTried: false })
    }
    this.#scanned = last + 1
    if (this.#candidates.length > before) this.#plan()
  }

  #decide(bytes: Uint8Array, from: number): Found | undefined {
    const now = this.#decidedAt
    for (const [index, candidate] of this.#candidates.entries()) {
      const at = decisionOf(candidate, index)
      if (at > now) continue
      const verdict = index === 0 ? this.#judgeFirst(candidate, bytes, from) : judgeLater(candidate, bytes, from)
      if (verdict === 'packet') return { start: candidate.start, length: candidate.end - candidate.start }
      if (verdict === 'none') this.#candidates.shift()
      else candidate.wasTried = true
      return undefined
    }
    return undefined
  }

  #judgeFirst({ start, end }: Candidate, bytes: Uint8Array, from: number): 'packet' | 'none' | 'later' {
    if (this.#isFirstDue || isSound(bytes, from + start, from + end)) return 'packet'
    if (this.#decidedAt < end + CYNC_HEADER_BYTES) return 'later'
    return isLikelyHeader(bytes, from + end) ? 'packet' : 'none'
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

function judgeLater({ start, end }: Candidate, bytes: Uint8Array, from: number): 'packet' | 'later' {
  return isLikelyHeader(bytes, from + end) && isSound(bytes, from + start, from + end) ? 'packet' : 'later'
}

function isSound(bytes: Uint8Array, start: number, end: number): boolean {
  return decodePacket(bytes.subarray(start, end)).problems.length === 0
}
