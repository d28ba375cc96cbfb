import { UnreachableError, UsageError } from '../../base/errors.ts'
import type { ActorRef } from '../actor-ref.ts'
import { type ActorDefinition, defineActor } from '../definition.ts'
import { type AnyRef, isRef } from '../ref.ts'
import type { Self } from '../self.ts'
import { FanOut, type FanOutProtocol, MEMBERS_ON } from './fan-out.ts'
import { cellOf, deadLetterOf, forwarder, patienceOf, relayed, type UntypedRef } from './forwarder.ts'
import { groupsRef, MEMBERS } from './group-registry.ts'
import { byKey, leastLoaded } from './pick.ts'
import { type RouterOptions, resolveRouterOptions } from './routing-options.ts'
import { tellAll, tellOne } from './tell-all.ts'

interface Hand {
  readonly ref: ActorRef<FanOutProtocol>
}

interface RouterState {
  readonly options: Required<RouterOptions>
  members: readonly AnyRef[]
  /** For broadcasts: the members on the router's own thread. */
  membersHere: readonly AnyRef[]
  /** For broadcasts: one actor on each other thread that has members, by seat. */
  readonly hands: Map<number, Hand>
  next: number
}

type RouterSelf = Self<RouterState, unknown>

/** A hand comes back after its thread: its own budget, so that no router fails over that. */
const HAND_BACKOFF = { minMs: 1, maxMs: 1_000 }

const Router = forwarder(
  defineActor({
    name: 'Router',
    module: import.meta.url,
    concurrency: 1_000_000,
    async start(self, source: readonly ActorRef[] | string, given?: RouterOptions): Promise<RouterState> {
      const options = resolveRouterOptions(given)
      const state: RouterState = { options, members: [], membersHere: [], hands: new Map(), next: 0 }
      const members = typeof source === 'string' ? await subscribe(self, source) : membersOf(source)
      state.members = members as unknown as readonly AnyRef[]
      if (typeof source !== 'string') for (const member of members) self.watch(member as ActorRef<never>)
      reach(self as RouterSelf, state)
      return state
    },
    on: {
      forward: (self, handler: string, ...args: unknown[]) => forward(self as RouterSelf, handler, args),
    },
    signals: {
      down(self, ref) {
        const router = self as RouterSelf
        setMembers(
          router,
          router.state.members.filter((member) => !member.equals(ref)),
        )
      },
    },
  }) as ActorDefinition<[source: readonly ActorRef[] | string, options?: RouterOptions], unknown>,
)

/**
 * An actor that passes messages on, to be spawned with its members, or the name of a group that has them, and its options. Its
 * ref is one of the members' protocol: `system.spawn(router<Worker>(), [workers, { strategy: 'least-loaded' }])`. It lives, is
 * supervised and can be sent like any other actor. A message for which no member has room is a dead letter.
 */
export function router<P>(): ActorDefinition<[members: readonly ActorRef<P>[] | string, options?: RouterOptions], P> {
  return Router as never
}

function membersOf(refs: readonly ActorRef[]): readonly ActorRef[] {
  const other = Array.isArray(refs) ? refs.find((ref) => !isRef(ref)) : refs
  if (other === undefined) return refs
  throw Object.assign(new UsageError('not-a-ref', `router: expected refs of actors, got ${String(other)}`), {
    retryable: false,
  })
}

function subscribe(self: { readonly ref: ActorRef }, group: string): Promise<readonly ActorRef[]> {
  return groupsRef(cellOf(self.ref).kernel).ask.subscribe(group, self.ref)
}

function forward(self: RouterSelf, handler: string, args: readonly unknown[]): unknown {
  const { state } = self
  if (handler === MEMBERS) return setMembers(self, args[0] as readonly AnyRef[])
  if (handler === MEMBERS_ON) return membersOn(self, state.members, args[0] as number)
  const cell = cellOf(self.ref)
  const envelope = cell.current
  if (envelope?.reply !== undefined) {
    const member = state.members[pick(self, envelope.key, args)]
    if (member === undefined) return relayed(envelope, Promise.reject(noMember(self.path)))
    const asked = self.ask(member as unknown as UntypedRef, patienceOf(cell))[handler]?.(...args)
    return relayed(envelope, asked ?? Promise.reject(unknownHandler(member.path, handler)))
  }
  if (state.options.strategy === 'broadcast') return broadcast(self, handler, args)
  tellFirstWithRoom(self, pick(self, envelope?.key, args), handler, args)
}

/** The member of a key has no stand-in; where any will do, the others are tried in turn. */
function tellFirstWithRoom(self: RouterSelf, first: number, handler: string, args: readonly unknown[]): void {
  const { members, options } = self.state
  const tries = options.strategy === 'consistent-hash' ? Math.min(members.length, 1) : members.length
  let result = 'actor-stopped'
  for (let n = 0; n < tries; n++) {
    const member = members[(first + n) % members.length] as AnyRef
    result = tellOne(member, handler, args)
    if (result === 'accepted') return
  }
  deadLetterOf(cellOf(self.ref), self.path, result, handler, args)
}

function broadcast(self: RouterSelf, handler: string, args: readonly unknown[]): void {
  const { membersHere, hands } = self.state
  tellAll(membersHere, handler, args)
  for (const { ref } of hands.values()) {
    const result = ref.tell.deliver(handler, ...args)
    if (result !== 'accepted') deadLetterOf(cellOf(self.ref), self.path, result, handler, args)
  }
}

/** The index of the member that a message is for; an ask to a broadcasting router goes to one of its members. */
function pick(self: RouterSelf, key: string | undefined, args: readonly unknown[]): number {
  const { state } = self
  const { members, options } = state
  if (members.length === 0) return 0
  if (options.strategy === 'consistent-hash') return byKey(members, key ?? String(args[options.keyArgument]))
  state.next = (state.next + 1) % members.length
  if (options.strategy !== 'least-loaded') return state.next
  return leastLoaded(members, cellOf(self.ref).kernel.directory, state.next)
}

function setMembers(self: RouterSelf, members: readonly AnyRef[]): void {
  self.state.members = members
  reach(self, self.state)
}

/** Has a hand on each thread with members, and tells it who they are. An actor never changes its thread. */
function reach(self: RouterSelf, state: RouterState): void {
  if (state.options.strategy !== 'broadcast') return
  const { seat: own, directory } = cellOf(self.ref).kernel
  state.membersHere = membersOn(self, state.members, own)
  const seats = new Map(state.members.map((member) => [directory.hostSeat(member.target.slot), member]))
  seats.delete(own)
  for (const [seat, { ref }] of state.hands) {
    if (seats.has(seat)) continue
    state.hands.delete(seat)
    void self.stopChild(ref as ActorRef<never>).catch(() => {}) // it ends with this actor anyway
  }
  for (const [seat, member] of seats) {
    const hand = state.hands.get(seat)
    if (hand !== undefined) {
      hand.ref.tell.members(membersOn(self, state.members, seat) as unknown as readonly ActorRef[])
      continue
    }
    const placement = { with: member as unknown as ActorRef<never> }
    state.hands.set(seat, {
      ref: self.spawn(FanOut, [self.ref as ActorRef, seat], { placement, backoff: HAND_BACKOFF }),
    })
  }
}

function membersOn(self: RouterSelf, members: readonly AnyRef[], seat: number): readonly AnyRef[] {
  const { directory } = cellOf(self.ref).kernel
  return members.filter(({ target }) => directory.hostSeat(target.slot) === seat)
}

function noMember(path: string): UnreachableError {
  return new UnreachableError('no-member', `${path} has no member that could answer`)
}

function unknownHandler(path: string, handler: string): UsageError {
  return new UsageError('unknown-handler', `${path} has no handler '${handler}'`)
}
