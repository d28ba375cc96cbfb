/** Bytes written as hex digits; spaces are for the eye. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

/** The UTF-8 bytes of a text. */
export function textBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text))
}
