/**
 * The inner frame of a pipe: a request to the mesh (`f8`), the answer to one (`f9`), or an announcement (`fa`).
 */
export interface CyncFrame {
  /** Inner sequence: an answer echoes it; an announcement repeats that of the last request. u32. */
  readonly sequence: number
  readonly direction: FrameDirection
  /** The byte itself, also where it is none of the three. */
  readonly directionByte: number
  /** As `frameCommand` names them. u8. */
  readonly command: number
  /** Without byte stuffing. */
  readonly data: Uint8Array
  /** As it came. Of a frame to be sent it counts only where `isChecksumGood` is false: elsewhere it is computed. u8. */
  readonly checksum: number
  /** False for a checksum that does not match: one model sends these, with good data. To be counted, not dropped. */
  readonly isChecksumGood: boolean
  /** False for the one model that does not escape 7d and 7e, in frames where that shows. */
  readonly isStuffed: boolean
  /** 0x7e; 0 in announcements of firmware versions. */
  readonly leadByte: number
}

export type FrameDirection = 'request' | 'response' | 'announce' | 'unknown'
