/** A message with its length in front, in one buffer of its own. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + message.length)
  frame.writeUInt32LE(message.length)
  frame.set(message, 4)
  return frame
}
