import type { LinkOptions } from '../connection/link-options.ts'
import { DATA_HEADER_BYTES, FRAME_BYTES_MIN_LIMIT } from './reliable-frame-layout.ts'
import { CHUNK_BYTES_MAX } from './reliable-options.ts'

/** Of the connections of sessions. What the queue has no room for waits in the session. */
export type ReliableLinkOptions = Omit<LinkOptions, 'overflow'>

/** Of any peer, however large its chunks are: a length that promises more shows that the stream is out of step. */
const FRAME_BYTES_MAX = Math.max(CHUNK_BYTES_MAX + DATA_HEADER_BYTES, FRAME_BYTES_MIN_LIMIT)
/** A frame whose rest does not come is one whose length was changed on the way. Milliseconds. */
const FRAME_TIMEOUT_MS = 5_000

export function linkOptionsOf(given: ReliableLinkOptions = {}): LinkOptions {
  return {
    framing: { kind: 'length-prefix', messageBytesMax: FRAME_BYTES_MAX },
    frameTimeoutMs: FRAME_TIMEOUT_MS,
    ...given,
    overflow: 'reject',
  }
}
