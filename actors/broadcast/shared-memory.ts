import type { Frame, TroupeError } from 'troupe'

/** A frame with these bytes, or undefined where the arena has no room for it, now or ever. */
export function sharedMemory(self: { frame(bytes: number): Frame }, bytes: Uint8Array): Frame | undefined {
  try {
    const frame = self.frame(bytes.length)
    frame.write(bytes)
    return frame
  } catch (error) {
    const { code } = error as TroupeError
    if (code !== 'frames-exhausted' && code !== 'invalid-option') throw error
    return undefined
  }
}
