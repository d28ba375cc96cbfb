const PREFIX_BYTES = 4

/**
 * Cuts messages with their length in front out of what a socket reads, as one writes it by hand who has thought about it:
 * `subarray` for what lies whole in a chunk; what a chunk ends in the middle of is copied once, to a buffer of its size.
 */
export function cutFrames(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  let prefixCount = 0
  let partial: Buffer | undefined
  let partialCount = 0

  /** Answers where in the chunk the next frame begins. */
  const complete = (chunk: Buffer): number => {
    let at = 0
    if (partial === undefined) {
      at = chunk.copy(prefix, prefixCount)
      prefixCount += at
      if (prefixCount < PREFIX_BYTES) return at
      partial = Buffer.allocUnsafe(prefix.readUInt32LE())
      partialCount = 0
    }
    const taken = chunk.copy(partial, partialCount, at)
    partialCount += taken
    if (partialCount < partial.length) return at + taken
    const message = partial
    partial = undefined
    prefixCount = 0
    onMessage(message)
    return at + taken
  }

  return (chunk) => {
    let at = prefixCount > 0 ? complete(chunk) : 0
    while (chunk.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + chunk.readUInt32LE(at)
      if (end > chunk.length) break
      onMessage(chunk.subarray(at + PREFIX_BYTES, end))
      at = end
    }
    if (at < chunk.length) complete(chunk.subarray(at))
  }
}
