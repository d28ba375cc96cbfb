import { UsageError } from '../../base/errors.ts'
import type { ActorRef } from '../actor-ref.ts'
import { implement } from '../definition.ts'
import type { Kernel } from '../kernel.ts'
import type { Self } from '../self.ts'
import type { UntypedRef } from './forwarder.ts'

export interface GroupRegistryProtocol {
  join(group: string, member: ActorRef): void
  leave(group: string, member: ActorRef): void
  members(group: string): readonly ActorRef[]
  /** The members now; later ones come as messages named `MEMBERS`. */
  subscribe(group: string, router: ActorRef): readonly ActorRef[]
}

interface Group {
  members: readonly ActorRef[]
  routers: readonly ActorRef[]
}

interface RegistryState {
  /** Those with a member or a router. */
  readonly groups: Map<string, Group>
}

type RegistrySelf = Self<RegistryState, GroupRegistryProtocol>

/** Told to a router: all members of its group. No handler of a user has such a name. */
export const MEMBERS = 'troupe:members'

export const REGISTRY_NAME = 'groups'
/** The root's thread has limbo, root, dead-letter office and this as its first entries. */
const REGISTRY_OFFSET = 2

/** Who is in which group. On the root's thread, so that it outlives the threads of its members. */
export const GroupRegistry = implement<GroupRegistryProtocol>()({
  name: 'GroupRegistry',
  module: import.meta.url,
  start: (): RegistryState => ({ groups: new Map() }),
  on: {
    join(self, name, member) {
      const group = groupOf(self, name)
      if (group.members.some((other) => other.equals(member))) return
      group.members = [...group.members, member]
      self.watch(member as ActorRef<never>)
      tellRouters(group)
    },
    leave: (self, name, member) => remove(self, name, member),
    members: (self, name) => self.state.groups.get(name)?.members ?? [],
    subscribe(self, name, router) {
      const group = groupOf(self, name)
      group.routers = [...group.routers.filter((other) => !other.equals(router)), router]
      self.watch(router as ActorRef<never>)
      return group.members
    },
  },
  signals: {
    down(self, ref) {
      for (const name of [...self.state.groups.keys()]) remove(self, name, ref)
    },
  },
})

/** The registry as every thread knows it. */
export function groupsRef({ rootAddress, remote }: Kernel): ActorRef<GroupRegistryProtocol> {
  const { slot, generation } = rootAddress
  const { module, name } = GroupRegistry
  const ref = remote.refTo(slot + REGISTRY_OFFSET, generation, `/${REGISTRY_NAME}`, module, name)
  return ref as ActorRef<GroupRegistryProtocol>
}

export function groupName(name: unknown, owner: string): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= 200) return name
  throw new UsageError('invalid-name', `${owner}: the name of a group has 1 to 200 characters, got '${String(name)}'`)
}

function groupOf({ state }: RegistrySelf, name: string): Group {
  const group = state.groups.get(name) ?? { members: [], routers: [] }
  state.groups.set(name, group)
  return group
}

function remove(self: RegistrySelf, name: string, ref: ActorRef): void {
  const group = self.state.groups.get(name)
  if (group === undefined) return
  const count = group.members.length
  group.members = group.members.filter((member) => !member.equals(ref))
  group.routers = group.routers.filter((router) => !router.equals(ref))
  if (group.members.length < count) tellRouters(group)
  if (group.members.length === 0 && group.routers.length === 0) self.state.groups.delete(name)
}

function tellRouters({ members, routers }: Group): void {
  for (const router of routers) (router as UntypedRef).tell[MEMBERS]?.(members)
}
