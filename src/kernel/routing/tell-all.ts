import { ActorCell } from '../actor-cell.ts'
import { PARKED } from '../actor-stage.ts'
import type { Envelope } from '../envelope.ts'
import { messageCode } from '../facade.ts'
import { isFrame } from '../frame.ts'
import { MESSAGE_BYTES } from '../mailbox.ts'
import type { AnyRef } from '../ref.ts'
import { deadLetterOf } from './forwarder.ts'
import { FrameLender } from './frame-loan.ts'
import { SharedEnvelope } from './shared-envelope.ts'

/** What members have in common that were spawned alike: looked up once, since most of them are. */
interface Kind {
  readonly definition: unknown
  readonly options: unknown
  /** The message's code; below 0 where there is no such handler. */
  readonly code: number
  /** Whether the message is simply queued there while there is room, and its envelope never written to. */
  readonly isOrdinary: boolean
  /** How much may wait there for the message still to have room. */
  readonly queuedMax: number
  readonly bytesMax: number
}

/**
 * Sends a message to many actors, mostly of this thread, by the name of its handler. Members share what it consists of: its
 * arguments, its envelope, its frames. What a member does not take is a dead letter, since its sender was told `accepted`.
 */
export function tellAll(members: readonly AnyRef[], handler: string, args: readonly unknown[]): void {
  const [a, b] = args.length > 2 ? [args, undefined] : args
  const bytes = bytesOf(args)
  const shared = bytes === MESSAGE_BYTES ? undefined : new SharedEnvelope(bytes)
  const lender = args.some(isFrame) ? new FrameLender(messageCode(0, args.length), a, b) : undefined
  let kind = NO_KIND
  for (const member of members) {
    const cell = member.target as unknown as ActorCell // or a stand-in, which is of no kind
    if (cell.options !== kind.options || cell.definition !== kind.definition) {
      if (!(cell instanceof ActorCell)) {
        told(member, tellOne(member, handler, args), handler, args)
        continue
      }
      kind = kindOf(cell, handler, args.length, bytes)
    }
    const { code } = kind
    if (code < 0) told(member, 'unknown-handler', handler, args)
    else if (!kind.isOrdinary || cell.stage >= PARKED || cell.queued > kind.queuedMax || cell.bytes > kind.bytesMax) {
      told(member, cell.post(code, a, b, undefined), handler, args)
    } else if (lender === undefined) queue(cell, code, a, b, shared, bytes)
    else {
      const loan = lender.lend(code)
      queue(cell, code, loan.a, loan.b, loan.envelope, bytes)
    }
  }
  lender?.giveBack()
}

/** Sends a message by the name of its handler. */
export function tellOne(member: AnyRef, handler: string, args: readonly unknown[]): string {
  const send = (member.tell as unknown as Record<string, (...args: readonly unknown[]) => string>)[handler]
  return send === undefined ? 'unknown-handler' : send.apply(member.tell, args as unknown[])
}

function told({ target }: AnyRef, result: string, handler: string, args: readonly unknown[]): void {
  if (result === 'accepted') return
  deadLetterOf(target as unknown as ActorCell, target.path, result, handler, args)
}

const NO_KIND: Kind = Object.freeze({
  definition: undefined,
  options: NaN, // equal to nothing
  code: -1,
  isOrdinary: false,
  queuedMax: 0,
  bytesMax: 0,
})

function kindOf(cell: ActorCell, handler: string, argumentCount: number, bytes: number): Kind {
  const { definition, options, kernel, handlerNames } = cell
  const { mailbox, onFailure } = options
  const isQueued = !mailbox.isSpecial && mailbox.overflow === 'reject' && onFailure.message === 'drop'
  return {
    definition,
    options,
    code: messageCode(handlerNames.indexOf(handler), argumentCount),
    isOrdinary: isQueued && definition.sizeOf === undefined && kernel.copies === undefined,
    queuedMax: mailbox.messagesMax - 1,
    bytesMax: mailbox.bytesMax - bytes,
  }
}

/** What the message counts for in a mailbox whose definition says nothing about sizes. */
function bytesOf(args: readonly unknown[]): number {
  let bytes = MESSAGE_BYTES
  for (const argument of args) {
    if (typeof argument === 'string') bytes += argument.length
    else if (ArrayBuffer.isView(argument)) bytes += argument.byteLength
  }
  return bytes
}

function queue(cell: ActorCell, code: number, a: unknown, b: unknown, extra: Envelope | undefined, bytes: number) {
  cell.put(code, a, b, extra, bytes)
  cell.countArrived()
}
