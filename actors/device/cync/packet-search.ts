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

/** Later candidates that are remembered together: more than that are not in any stream but one that was made up. Count. */
const LATER_MAX = 32

/**
 * Bytes that may be decoded to see whether they are a packet, for each byte of the stream: candidates may overlap, and whoever sends
 * garbage decides how much.
 */
const DECODED_PER_BYTE = 4

/** A place where a packet may begin, and where it would end. Bytes since the search began. */
interface Candidate {
  readonly start: number
  readonly end: number
}

/** What a search has found: `start` bytes from where it began, or was last told to drop bytes, a packet begins that is `length` bytes long. */
export interface Found {
  readonly start: number
  readonly length: number
}

/**
 * Finds where a stream goes on in which something else than a packet stands, or a packet that promises more than any is likely to
 * have. What it finds depends on the bytes alone, not on how they came: it goes through them one by one, and each rule applies at the
 * earliest byte that allows it.
 *
 * - The first candidate is taken when it is complete and is sound; or when a likely header follows.
 * - A later one is taken, and what is before it given up, when it is sound and a likely header follows.
 *
 * Its work is linear in the bytes, whatever they are: each is looked at twice as the begin of a header, once by each of the later
 * candidates that are remembered, and decoded `DECODED_PER_BYTE` times. What is beyond that counts as not sound, and is found, if it is
 * a packet, as the first candidate with a header behind it.
 */
export class PacketSearch {
  /** What has been done so far, in all searches: bytes and candidates looked at. */
  work = 0
  #first: Candidate | undefined
  /** The first candidate is a packet that was due: it needs no proof. */
  #isFirstDue = false
  /** The first candidate is complete and not sound: what follows decides. */
  #isFirstUnsound = false
  /** How many bytes have to be there for the next decision about the first candidate. */
  #decisionAt = Number.POSITIVE_INFINITY
  /** In order; those that may still be followed by a header, and some that may not. */
  readonly #later: Candidate[] = []
  /** Bytes since the search began with which the next step is made. */
  #known = CYNC_HEADER_BYTES
  /** Bytes dropped since the search began. */
  #dropped = 0
  /** Bytes decoded since the search began. */
  #decoded = 0

  /** From now on nothing is known. `dueBytes`: a packet of that length is due here; 0 for none. */
  begin(dueBytes: number): void {
    this.#isFirstDue = dueBytes > 0
    this.#setFirst(this.#isFirstDue ? { start: 0, end: dueBytes } : undefined)
    this.#later.length = 0
    this.#known = CYNC_HEADER_BYTES
    this.#dropped = 0
    this.#decoded = 0
  }

  /** Bytes of which it is certain that no packet begins there. */
  get rejected(): number {
    return (this.#first?.start ?? this.#known - CYNC_HEADER_BYTES) - this.#dropped
  }

  /** That many bytes are gone: not more than `rejected`. */
  drop(count: number): void {
    this.#dropped += count
  }

  /** Looks at `bytes` from `from`, where the search began or what was dropped ends, to `to`: the same as before, and what came since. */
  run(bytes: Uint8Array, from: number, to: number): Found | undefined {
    const origin = from - this.#dropped
    const count = to - origin
    const begin = this.#known
    let found: Candidate | undefined
    let known = begin
    for (; known <= count && found === undefined; known++) {
      // Where the search began is none: it is the first candidate, or was rejected.
      const isHeader = known > CYNC_HEADER_BYTES && isLikelyHeader(bytes, origin + known - CYNC_HEADER_BYTES)
      if (isHeader || known === this.#decisionAt) found = this.#step(bytes, origin, known, isHeader)
    }
    this.#known = known
    this.work += known - begin
    return found && { start: found.start - this.#dropped, length: found.end - found.start }
  }

  /** With `known` bytes: whether a header ends there, and what that decides. */
  #step(bytes: Uint8Array, origin: number, known: number, isHeader: boolean): Candidate | undefined {
    const place = known - CYNC_HEADER_BYTES
    if (isHeader && this.#first === undefined) this.#setFirst(candidateAt(bytes, origin, place))
    const first = this.#decideFirst(bytes, origin, known)
    if (first !== undefined || !isHeader) return first
    return this.#decideLater(bytes, origin, known) ?? this.#remember(candidateAt(bytes, origin, place))
  }

  #decideFirst(bytes: Uint8Array, origin: number, known: number): Candidate | undefined {
    while (this.#decisionAt <= known) {
      const first = this.#first!
      if (this.#isFirstUnsound) {
        if (isLikelyHeader(bytes, origin + first.end)) return first
        this.#setFirst(this.#nextHeader(bytes, origin, first.start + 1, known))
      } else {
        if (this.#isFirstDue || this.#isSound(first, bytes, origin, known)) return first
        this.#isFirstUnsound = true
        this.#decisionAt = first.end + CYNC_HEADER_BYTES
      }
    }
    return undefined
  }

  #setFirst(candidate: Candidate | undefined): void {
    this.#first = candidate
    this.#isFirstUnsound = false
    this.#decisionAt = candidate?.end ?? Number.POSITIVE_INFINITY
  }

  #nextHeader(bytes: Uint8Array, origin: number, start: number, known: number): Candidate | undefined {
    let place = start
    while (place + CYNC_HEADER_BYTES <= known && !isLikelyHeader(bytes, origin + place)) place++
    this.work += place - start
    return place + CYNC_HEADER_BYTES <= known ? candidateAt(bytes, origin, place) : undefined
  }

  /** The one that ends where the header begins that is now known. Forgets those that no header can follow any more. */
  #decideLater(bytes: Uint8Array, origin: number, known: number): Candidate | undefined {
    const place = known - CYNC_HEADER_BYTES
    const later = this.#later
    const { start } = this.#first!
    this.work += later.length
    let kept = 0
    let found: Candidate | undefined
    for (const candidate of later) {
      if (candidate.start <= start || candidate.end < place) continue
      if (candidate.end > place) later[kept++] = candidate
      else if (found === undefined && this.#isSound(candidate, bytes, origin, known)) found = candidate
    }
    later.length = kept
    return found
  }

  /** One that is larger than is likely can be found as the first one alone. */
  #remember(candidate: Candidate): undefined {
    const isLikely = candidate.end - candidate.start <= LIKELY_BYTES_MAX
    if (isLikely && candidate.start !== this.#first!.start && this.#later.length < LATER_MAX)
      this.#later.push(candidate)
  }

  /** Whether it decodes without a problem. */
  #isSound({ start, end }: Candidate, bytes: Uint8Array, origin: number, known: number): boolean {
    const count = end - start
    if (count > LIKELY_BYTES_MAX || this.#decoded + count > known * DECODED_PER_BYTE) return false
    this.#decoded += count
    this.work += count
    return isSound(bytes, origin + start, origin + end)
  }
}

function candidateAt(bytes: Uint8Array, origin: number, start: number): Candidate {
  return { start, end: start + CYNC_HEADER_BYTES + payloadLength(bytes, origin + start) }
}

function isSound(bytes: Uint8Array, start: number, end: number): boolean {
  if (kindOf(bytes[start]!) === SYNC_KIND) return syncEntriesEnd(bytes, start + SYNC_ENTRIES_OFFSET, end) === end
  return decodePacket(bytes.subarray(start, end)).problems.length === 0
}
