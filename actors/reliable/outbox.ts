import type { TroupeError } from 'troupe'

/** One stored message. `id` and `payload` are views, valid until the next entry is asked for or the next call of the outbox. */
export interface OutboxEntry {
  /** Its place in the session: whole, > 0, ascending, not always without gaps. */
  readonly sequence: number
  /** The 16 bytes of its id. */
  readonly id: Uint8Array
  /** One byte that the session gave with it, 0 to 255. */
  readonly flags: number
  readonly payload: Uint8Array
}

/**
 * Where a reliable session keeps its messages from before they are sent until they are acknowledged, so that another life of the
 * process finds them. One outbox belongs to one session in one direction, and to one thread. It is told in the order of the message
 * path and does not wait there: what it was told gets to the disk in groups, and it says up to where.
 *
 *     store(7) --(group)--> onFlushed(7): now it may be sent --> confirm(7): it will not be loaded again
 *
 * **What it promises.** Once `onFlushed(n)` was called, every entry up to `n` that was not confirmed is among `unconfirmed()` of the next
 * outbox opened at this place, whatever became of the process. `lastSequence` never goes back below a flushed one, so that no number
 * means two messages. **What it does not.** Nothing about what was not flushed: it may be there or not. A confirmation may be
 * forgotten with the process: its message is sent again, and the receiver, who knows it, drops it.
 *
 * **When the disk fails or is full**, the outbox fails once and for good: `error` is set, `onFailed` is called, `flushed()` rejects
 * and `store` throws that error. What was flushed before stays. Nothing that was not flushed is ever reported as such; so a
 * session that sends up to `onFlushed` only has sent nothing that was not stored.
 */
export interface Outbox {
  /** 16 bytes that name the session for as long as the outbox is there: the same after each opening, random at first. */
  readonly sessionId: Uint8Array
  /** Largest sequence ever stored here, confirmed or not, earlier lives included. 0 when there was none. */
  readonly lastSequence: number
  /** Everything up to this is on disk, or needs not be any more. Never larger than `lastSequence`. */
  readonly flushedSequence: number
  /** Entries stored and not confirmed. */
  readonly unconfirmedCount: number
  /** Their bytes, as the limit of the outbox counts them. */
  readonly unconfirmedBytes: number
  /** Why it has failed; undefined while it works. */
  readonly error: TroupeError | undefined
  /** Called once for each group that is on disk, with `flushedSequence`. Never from inside of a call of the outbox. */
  onFlushed: ((sequence: number) => void) | undefined
  /** Called once, when it fails. Never from inside of a call of the outbox. */
  onFailed: ((error: TroupeError) => void) | undefined

  /**
   * Stores one message; copies what it is given. Cheap: no system call is waited for.
   * @param sequence larger than `lastSequence`, at most 2^53 - 1
   * @param id 16 bytes
   * @param flags 0 to 255
   * Throws `CapacityError` `outbox-full` when the limit of unconfirmed bytes or entries is reached: nothing is stored, `confirm` makes
   * room; `message-too-large` for one that would not fit into an empty one; the error of a failed outbox; `UsageError` for arguments
   * out of range (`invalid-value`) and after `close` (`outbox-closed`).
   */
  store(sequence: number, id: Uint8Array, flags: number, payload: Uint8Array): void

  /** Every entry up to this one is done with. What is not there any more is passed over; nothing happens after `close` or a failure. */
  confirm(upToSequence: number): void

  /** This one entry is done with, out of turn. Answers whether it was there. */
  confirmOne(sequence: number): boolean

  /**
   * What is stored and not confirmed, ascending. Entries may be confirmed meanwhile. Throws `ProtocolError` `outbox-corrupt` where the disk
   * no longer has what was written to it.
   */
  unconfirmed(): IterableIterator<OutboxEntry>

  /** Resolves when all that was told until now is on disk; rejects with the error of a failed outbox. */
  flushed(): Promise<void>

  /** Gets what it was told to the disk and lets go of the place. Idempotent. Rejects as `flushed` does, having let go all the same. */
  close(): Promise<void>
}
