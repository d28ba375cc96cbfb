import { type Framing, noSuffix } from './framing.ts'

/** No framing at all: whatever one read brings is a message, cut where the network has cut it. For byte streams that are no messages. */
export class RawFraming implements Framing {
  readonly heldBytes = 0
  readonly suffix = noSuffix
  position = 0

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    if (chunk.length === 0) return
    this.position += chunk.length
    onFrame(chunk)
  }

  prefixBytes(_messageBytes: number): number {
    return 0
  }

  writePrefix(_target: Uint8Array, offset: number, _messageBytes: number): number {
    return offset
  }

  checkMessage(_message: Uint8Array): void {}
}
