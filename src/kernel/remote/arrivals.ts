import type { UnreachableError } from '../../base/errors.ts'
import type { ActorCell } from '../actor-cell.ts'
import type { SendResult } from '../actor-ref.ts'
import type { DeadLetterReason } from '../dead-letters.ts'
import { ARRIVED, DEAD_LETTERED } from '../directory.ts'
import { Envelope } from '../envelope.ts'
import { messageArguments } from '../facade.ts'
import { isFrame, leased, withoutFrame } from '../frame.ts'
import { MESSAGE_BYTES } from '../mailbox.ts'
import { actorStopped } from '../pending-ask.ts'
import { NOT_RETAINED, type RetainedRecord } from '../retention.ts'
import { StreamOpen } from '../stream-producer.ts'
import { HANDLER_BY_NAME, resolveByName } from './named-facades.ts'
import type { MessageTerms } from './outbound-route.ts'
import type { Remote } from './remote.ts'
import { RemoteReply } from './remote-reply.ts'
import { RemoteSink } from './remote-stream.ts'

/** A message that came before its actor: its thread is new, or its module is still being loaded. */
interface Early {
  readonly seat: number
  readonly code: number
  readonly a: unknown
  readonly b: unknown
  readonly terms: MessageTerms | undefined
  readonly record: RetainedRecord
}

/** Early messages that are kept for one actor; more are dead letters. */
const EARLY_MAX = 65_536

/** Messages from other threads, on the way to their actor. They were counted as arrived when they were read. */
export class Arrivals {
  readonly #remote: Remote
  readonly #early = new Map<number, Early[]>()

  constructor(remote: Remote) {
    this.#remote = remote
  }

  /**
   * Which account an arriving message is counted in: its actor's, or this seat's own for one that has none any more. That
   * of an actor which has ended was closed, even while its owner has not taken the address back.
   */
  accountIndex(slot: number, generation: number): number {
    const { cells, directory, limboSlot } = this.#remote.kernel
    const isHere = cells.get(slot)?.generation === generation || directory.isAwaited(slot, generation)
    return directory.accountIndex(isHere ? slot : limboSlot)
  }

  /** A message that was counted. `seat`: where it came from. */
  arrive(
    seat: number,
    slot: number,
    generation: number,
    code: number,
    a: unknown,
    b: unknown,
    terms: MessageTerms | undefined,
    record = NOT_RETAINED,
  ): void {
    const { kernel } = this.#remote
    const cell = kernel.cells.get(slot)
    if (cell !== undefined && cell.generation === generation) return this.#admit(cell, seat, code, a, b, terms, record)
    if (kernel.directory.isAwaited(slot, generation)) return this.#keep({ seat, code, a, b, terms, record }, slot)
    this.#refuse(kernel.limboSlot, `#${slot}`, 'actor-stopped', seat, messageArguments(code, a, b), terms, record)
  }

  /** A message from this thread to an address of this thread that has no cell. */
  sendHere(
    slot: number,
    generation: number,
    code: number,
    a: unknown,
    b: unknown,
    terms: MessageTerms | undefined,
  ): SendResult {
    const { kernel } = this.#remote
    if (!kernel.cells.has(slot) && !kernel.directory.isAwaited(slot, generation)) return 'actor-stopped'
    let record = NOT_RETAINED
    if (kernel.directory.retains(slot) && (terms?.credit ?? 0) === 0) {
      record = kernel.retention.keep(slot, generation, code, a, b)
      if (record === NOT_RETAINED) return 'mailbox-full'
    }
    kernel.accounts[this.accountIndex(slot, generation) + ARRIVED]! += 1
    const own = leased(code, a, b) // its sender lets go of a frame when its handler ends
    this.arrive(kernel.seat, slot, generation, code, own.a, own.b, terms, record)
    return 'accepted'
  }

  /** The actor is there now: it gets what came early, in order. */
  release(cell: ActorCell): void {
    const early = this.#early.get(cell.slot)
    if (early === undefined) return
    this.#early.delete(cell.slot)
    for (const { seat, code, a, b, terms, record } of early) this.#admit(cell, seat, code, a, b, terms, record)
  }

  /** The actor will not come. */
  drop(slot: number, path: string): void {
    const early = this.#early.get(slot)
    if (early === undefined) return
    this.#early.delete(slot)
    for (const { seat, code, a, b, terms, record } of early) {
      this.#refuse(slot, path, 'actor-stopped', seat, messageArguments(code, a, b), terms, record)
    }
  }

  /** The actor stays away for now: who asks it does not wait for that, what was told does. */
  refuseAsks(slot: number, error: UnreachableError): void {
    const early = this.#early.get(slot)
    if (early === undefined) return
    const told = early.filter(({ terms }) => (terms?.correlation ?? 0) === 0)
    this.#early.set(slot, told)
    for (const { seat, code, a, b, terms, record } of early) {
      if (terms === undefined || terms.correlation === 0) continue
      this.#countRefused(slot, `#${slot}`, 'actor-stopped', messageArguments(code, a, b), record)
      this.#remote.signal(seat, { kind: 'refusal', correlation: terms.correlation, error })
    }
  }

  /** Messages that wait for their actor. */
  get count(): number {
    let count = 0
    for (const early of this.#early.values()) count += early.length
    return count
  }

  #keep(message: Early, slot: number): void {
    let early = this.#early.get(slot)
    if (early === undefined) {
      early = []
      this.#early.set(slot, early)
    }
    if (early.length < EARLY_MAX) early.push(message)
    else {
      const { seat, code, a, b, terms, record } = message
      this.#refuse(slot, `#${slot}`, 'mailbox-full', seat, messageArguments(code, a, b), terms, record)
    }
  }

  #admit(
    cell: ActorCell,
    seat: number,
    code: number,
    a: unknown,
    b: unknown,
    terms: MessageTerms | undefined,
    record: RetainedRecord,
  ): void {
    if (code >> 2 === HANDLER_BY_NAME) {
      const args = messageArguments(code, a, b)
      const named = resolveByName(cell.handlerNames, args)
      if (named === undefined) return this.#refuse(cell.slot, cell.path, 'unknown-handler', seat, args, terms, record)
      return cell.admit(named.code, named.a, named.b, this.#envelope(cell, named.code, seat, terms, record))
    }
    cell.admit(code, a, b, this.#envelope(cell, code, seat, terms, record))
  }

  #envelope(
    cell: ActorCell,
    code: number,
    seat: number,
    terms: MessageTerms | undefined,
    record: RetainedRecord,
  ): Envelope | undefined {
    if (terms === undefined && record === NOT_RETAINED) return undefined
    const envelope = terms === undefined ? new Envelope() : this.#newEnvelope(cell, code, seat, terms)
    envelope.bytes = MESSAGE_BYTES
    envelope.record = record
    if (record !== NOT_RETAINED) envelope.delivery = this.#remote.kernel.retention.deliveries(record)
    if (terms === undefined) return envelope
    envelope.deadlineMs = terms.deadlineMs
    envelope.expiresAtMs = terms.expiresAtMs
    envelope.chain = terms.chain
    envelope.key = terms.key
    return envelope
  }

  #newEnvelope(cell: ActorCell, code: number, seat: number, { correlation, credit }: MessageTerms): Envelope {
    if (correlation === 0) return new Envelope()
    if (credit > 0) {
      const open = new StreamOpen(cell, new RemoteSink(cell, code, seat, correlation), credit)
      this.#remote.openReply(seat, correlation, open)
      return open
    }
    const envelope = new Envelope()
    const reply = new RemoteReply(cell, code, seat, correlation)
    reply.envelope = envelope
    envelope.reply = reply
    this.#remote.openReply(seat, correlation, reply)
    return envelope
  }

  /** Counts it in the account it arrived in, and tells an asker. */
  #refuse(
    slot: number,
    path: string,
    reason: DeadLetterReason,
    seat: number,
    args: readonly unknown[],
    terms: MessageTerms | undefined,
    record: RetainedRecord,
  ): void {
    this.#countRefused(slot, path, reason, args, record)
    if (terms === undefined || terms.correlation === 0) return
    this.#remote.signal(seat, { kind: 'refusal', correlation: terms.correlation, error: actorStopped(path, reason) })
  }

  #countRefused(
    slot: number,
    path: string,
    reason: DeadLetterReason,
    args: readonly unknown[],
    record: RetainedRecord,
  ): void {
    const { kernel } = this.#remote
    const index = kernel.directory.accountIndex(slot) + DEAD_LETTERED
    if (record === NOT_RETAINED) kernel.accounts[index]! += 1
    else kernel.retention.settle(record, kernel.accounts, index)
    kernel.deadLetter(reason, path, undefined, args.map(withoutFrame), undefined)
    for (const argument of args.flat()) if (isFrame(argument)) argument.release()
  }
}
