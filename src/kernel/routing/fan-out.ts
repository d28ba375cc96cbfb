import type { ActorRef } from '../actor-ref.ts'
import { implement } from '../definition.ts'
import type { AnyRef } from '../ref.ts'
import type { UntypedRef } from './forwarder.ts'
import { tellAll } from './tell-all.ts'

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
