import { ActorCell } from '../actor-cell.ts'
import type { ActorRef } from '../actor-ref.ts'
import { PARKED } from '../actor-stage.ts'
import { implement } from '../definition.ts'
import { Envelope } from '../envelope.ts'
import { messageCode } from '../facade.ts'
import { isFrame } from '../frame.ts'
import { MESSAGE_BYTES } from '../mailbox.ts'
import type { AnyRef } from '../ref.ts'
import type { UntypedRef } from './forwarder.ts'

/** What a router tells its hand on another thread. */
export interface FanOutProtocol {
  /** The message is for all members of that thread. */
  deliver(handler: string, ...args: unknown[]): void
  members(refs: readonly ActorRef[]): void
}

/** Asked of a router by its hand on a thread: the members there. No handler of a user has such a name. */
export const MEMBERS_ON = 'troupe:members-on'

/** A router's hand on one thread: a broadcast crosses to that thread once, and is passed to all members from here. */
export const FanOut = implement<FanOutProtocol>()({
  name: 'FanOut',
  module: import.meta.url,
  async start(self, router: ActorRef, seat: number): Promise<{ members: readonly ActorRef[] }> {
    const members = await self.ask(router as UntypedRef)[MEMBERS_ON]?.(seat)
    return { members: members as readonly ActorRef[] }
  },
  on: {
    deliver(self, handler, ...args) {
      tellAll(self.state.members as unknown as readonly AnyRef[], handler, args)
    },
    members(self, refs) {
      self.state.members = refs
    },
  },
})

/** What a member does not take is its own loss, as with any tell. */
export function tellAll(members: readonly AnyRef[], handler: string, args: readonly unknown[]): void {
  const [a, b] = args.length > 2 ? [args, undefined] : args
  const shared = sharedEnvelope(args)
  let names: readonly string[] | undefined
  let code = 0
  for (const member of members) {
    const { target } = member
    if (!(target instanceof ActorCell)) {
      tellOne(member, handler, args)
      continue
    }
    // Members are mostly of one kind: the number of the handler is looked up once.
    if (names !== target.handlerNames) {
      names = target.handlerNames
      code = messageCode(names.indexOf(handler), args.length)
    }
    if (code < 0) continue
    if (shared === undefined || !takesShared(target, shared.bytes)) target.post(code, a, b, undefined)
    else {
      target.put(code, a, b, shared, shared.bytes)
      target.countArrived()
    }
  }
}

/** One envelope for all members of a message that counts for more than 64 bytes; undefined for any other. */
function sharedEnvelope(args: readonly unknown[]): Envelope | undefined {
  let bytes = MESSAGE_BYTES
  for (const argument of args) {
    if (isFrame(argument)) return undefined
    if (typeof argument === 'string') bytes += argument.length
    else if (ArrayBuffer.isView(argument)) bytes += argument.byteLength
  }
  return bytes === MESSAGE_BYTES ? undefined : Envelope.ofBytes(bytes)
}

/** Whether the message is simply queued there, and its envelope never written to. */
function takesShared({ definition, kernel, options, stage, queued, bytes }: ActorCell, more: number): boolean {
  const { mailbox, onFailure } = options
  if (stage >= PARKED || queued >= mailbox.messagesMax || bytes + more > mailbox.bytesMax) return false
  if (mailbox.isSpecial || mailbox.overflow !== 'reject' || onFailure.message !== 'drop') return false
  return definition.sizeOf === undefined && kernel.copyArguments === undefined
}

/** Sends a message by the name of its handler. */
export function tellOne(member: AnyRef, handler: string, args: readonly unknown[]): string {
  const send = (member.tell as unknown as Record<string, (...args: readonly unknown[]) => string>)[handler]
  return send === undefined ? 'unknown-handler' : send.apply(member.tell, args as unknown[])
}
