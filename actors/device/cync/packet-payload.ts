import { CYNC_HEADER_BYTES, payloadLength, versionOf } from './packet-header.ts'

/**
 * What may be odd about a packet:
 * - `wrong-length`: the header announces more or fewer bytes than there are
 * - `unknown-type`: nobody here understands this type
 * - `malformed`: of a known type, with a payload that is too short or has no frame
 * - `unusual-header`: the version is not the one that packets of this type have
 * - `trailing-bytes`: more payload than such a packet has
 * - `broken-entry`: a datapoint that is longer than the packet; it and what follows is in `trailing`
 * - `broken-name`: the name of a probe reply is longer than the packet; it is in `trailing`
 * - `wrong-checksum`, `not-escaped`, `zero-lead-byte`: deviations of some firmware in the frame; its content is good
 */
export type CyncProblem =
  | 'wrong-length'
  | 'unknown-type'
  | 'malformed'
  | 'unusual-header'
  | 'trailing-bytes'
  | 'broken-entry'
  | 'broken-name'
  | 'wrong-checksum'
  | 'not-escaped'
  | 'zero-lead-byte'

const noProblems: readonly CyncProblem[] = Object.freeze([])

/** One packet while it is decoded: where its payload ends is not always where `bytes` do. */
export class Payload {
  problems: readonly CyncProblem[] = noProblems
  readonly bytes: Uint8Array
  readonly header: number
  readonly end: number

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.header = bytes.length > 0 ? bytes[0]! : 0
    this.end = bytes.length < CYNC_HEADER_BYTES ? Number.POSITIVE_INFINITY : CYNC_HEADER_BYTES + payloadLength(bytes, 0)
  }

  note(problem: CyncProblem): void {
    this.problems = [...this.problems, problem]
  }

  checkVersion(version: number): void {
    if (versionOf(this.header) !== version) this.note('unusual-header')
  }

  checkEnd(end: number): void {
    if (this.end > end) this.note('trailing-bytes')
  }

  /** What is behind the header. */
  get rest(): Uint8Array {
    const end = Math.min(this.end, this.bytes.length)
    return view(this.bytes, Math.min(CYNC_HEADER_BYTES, end), end)
  }
}

export function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

export function u32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
}

export function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

/** One character a byte, so that none is lost. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
