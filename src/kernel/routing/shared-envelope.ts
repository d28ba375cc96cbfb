import { Envelope } from '../envelope.ts'

/**
 * One envelope for a message in the mailboxes of many actors. It says how large the message is; what is one receiver's own,
 * such as its signal, is none of its business.
 */
export class SharedEnvelope extends Envelope {
  constructor(bytes: number) {
    super()
    this.bytes = bytes
  }

  override own(): Envelope {
    return Envelope.ofBytes(this.bytes)
  }

  /** What one receiver gives up is still to be handled by the others. */
  override cancel(): void {}
}
