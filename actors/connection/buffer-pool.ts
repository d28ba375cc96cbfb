/** Buffers that a thread keeps to use again. Bytes. */
const KEPT_BYTES_MAX = 16_777_216
/** Larger ones are not kept: they are rare. Bytes. */
const BUFFER_BYTES_MAX = 4_194_304
const SIZE_STEP_MIN = 16

const kept = new Map<number, Buffer[]>()
let keptBytes = 0

/**
 * Memory for one large message, not zeroed: to be overwritten. Fresh memory costs a page fault every 4 KiB, which is more than
 * filling it does.
 */
export function takeBuffer(bytes: number): Buffer {
  return keptBuffer(bytes) ?? Buffer.allocUnsafeSlow(sizeFor(bytes))
}

/** One that is there already, if there is one of that size. */
export function keptBuffer(bytes: number): Buffer | undefined {
  const buffer = kept.get(sizeFor(bytes))?.pop()
  if (buffer !== undefined) keptBytes -= buffer.length
  return buffer
}

/** Nobody looks at it any more. */
export function giveBuffer(buffer: Buffer): void {
  const size = buffer.length
  if (size > BUFFER_BYTES_MAX || size !== sizeFor(size)) return
  if (keptBytes + size > KEPT_BYTES_MAX) {
    // Of sizes that nobody asks for any more, perhaps.
    kept.clear()
    keptBytes = 0
  }
  keptBytes += size
  const others = kept.get(size)
  if (others === undefined) kept.set(size, [buffer])
  else others.push(buffer)
}

/** The least size with room for so many bytes, of four from one power of two to the next. */
function sizeFor(bytes: number): number {
  const step = Math.max(SIZE_STEP_MIN, 2 ** (29 - Math.clz32(bytes - 1)))
  return Math.ceil(bytes / step) * step
}
