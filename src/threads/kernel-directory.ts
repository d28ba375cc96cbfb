import { assert } from '../base/assert.ts'
import {
  type ActorState,
  ARRIVED,
  DEAD_LETTERED,
  type DefinitionSketch,
  type Directory as DirectoryPort,
  HANDLED,
  type Verdict,
} from '../kernel/directory.ts'
import type { DefinitionTable } from '../memory/definition-table.ts'
import * as memory from '../memory/directory.ts'
import { type NameHash, nameHash } from '../memory/name-hash.ts'
import type { NameTable } from '../memory/name-table.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

assert(
  ARRIVED === memory.ARRIVED && HANDLED === memory.HANDLED && DEAD_LETTERED === memory.DEAD_LETTERED,
  'kernel and memory agree on the order of an account',
)

/** The kernel's `Directory` port over the shared directory, for the kernel on `seat`. */
export class KernelDirectory implements DirectoryPort {
  readonly accounts: Float64Array
  readonly rangeBits: number
  readonly #directory: memory.Directory
  readonly #names: NameTable
  readonly #definitions: DefinitionTable
  /** What stands for the definitions that were described here. */
  readonly #described = new Map<DefinitionSketch, { readonly number: number; readonly quietKind: number }>()
  readonly #seat: number

  constructor({ directory, names, definitions }: SystemMemory, seat: number) {
    this.accounts = directory.accounts
    this.rangeBits = Math.log2(directory.actorsPerSeat)
    this.#directory = directory
    this.#names = names
    this.#definitions = definitions
    this.#seat = seat
  }

  accountIndex(slot: number): number {
    return this.#directory.accountIndex(slot)
  }

  allocate(hostSeat: number, parentSlot: number, name: string | undefined, retains = false): number {
    const slot = this.#directory.allocate(this.#seat)
    if (slot < 0) return -1
    const hash = name === undefined ? undefined : nameHash(name)
    if (name !== undefined) this.#names.write(slot, name)
    this.#directory.publish(slot, this.#directory.generation(slot), hostSeat, parentSlot, hash)
    if (retains) this.#directory.setRetains(slot)
    return slot
  }

  describe(slot: number, definition: DefinitionSketch): void {
    let described = this.#described.get(definition)
    if (described === undefined) {
      described = { number: this.#definitions.register(this.#seat, definition), quietKind: quietKindOf(definition) }
      this.#described.set(definition, described)
    }
    this.#directory.setDefinition(slot, described.number)
    this.#directory.setQuietKind(slot, described.quietKind)
  }

  setInvolved(slot: number): void {
    this.#directory.setQuietKind(slot, 0)
  }

  areInterchangeable(slot: number, other: number): boolean {
    const directory = this.#directory
    const kind = directory.quietKind(slot)
    return kind !== 0 && kind === directory.quietKind(other) && directory.isIdle(slot) && directory.isIdle(other)
  }

  retains(slot: number): boolean {
    return this.#directory.retains(slot)
  }

  free(slot: number): void {
    this.#directory.free(slot)
  }

  generation(slot: number): number {
    return this.#directory.generation(slot)
  }

  hostSeat(slot: number): number {
    return this.#directory.hostSeat(slot)
  }

  ownerSeat(slot: number): number {
    return this.#directory.ownerSeat(slot)
  }

  parentSlot(slot: number): number {
    return this.#directory.parentSlot(slot)
  }

  state(slot: number): ActorState | 'free' {
    return this.#directory.state(slot)
  }

  isAwaited(slot: number, generation: number): boolean {
    if (!this.#directory.isCurrent(slot, generation) || this.#directory.hostSeat(slot) !== this.#seat) return false
    return !ENDED.has(this.#directory.state(slot))
  }

  nameKey(name: string): string {
    return keyOf(nameHash(name))
  }

  nameKeyOf(slot: number): string {
    return keyOf(this.#directory.nameHash(slot))
  }

  forEachHostedOn(seat: number, visit: (slot: number) => void): void {
    this.#directory.forEachHostedOn(seat, visit)
  }

  isCurrent(slot: number, generation: number): boolean {
    return this.#directory.isCurrent(slot, generation)
  }

  setState(slot: number, state: ActorState): void {
    this.#directory.setState(slot, state)
  }

  setFull(slot: number, isFull: boolean): void {
    this.#directory.setFull(slot, isFull)
  }

  setVerdict(slot: number, verdict: Verdict): void {
    this.#directory.setVerdict(slot, verdict)
  }

  countRestart(slot: number): void {
    this.#directory.countRestart(slot)
  }

  settle(slot: number): void {
    this.#directory.settle(slot)
  }
}

const ENDED: ReadonlySet<string> = new Set(['free', 'parked', 'stopping', 'stopped'])

/** The same on every thread, and never 0 but for a definition with a `stop`. */
function quietKindOf({ module, name, stop }: DefinitionSketch): number {
  return stop === undefined ? nameHash(`${module}#${name}`).low || 1 : 0
}

function keyOf({ low, high }: NameHash): string {
  return `${high}:${low}`
}
