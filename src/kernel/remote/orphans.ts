import type { Kernel } from '../kernel.ts'

/**
 * Addresses whose actors died with this seat's last thread, together with their parents. A parent that comes back here and
 * spawns a child under the old name gives it the old address, with what was sent there meanwhile; what is not claimed by the
 * time its parent has started is let go.
 */
export class Orphans {
  readonly #kernel: Kernel
  readonly #byParent = new Map<number, Siblings>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    const { directory, seat } = kernel
    directory.forEachHostedOn(seat, (slot) => {
      if (slot === kernel.limboSlot || directory.state(slot) === 'stopped') return
      const parentSlot = directory.parentSlot(slot)
      const isOrphan = directory.ownerSeat(slot) === seat && parentSlot >= 0
      if (isOrphan) this.#add(parentSlot, slot)
    })
  }

  /** The old address of that child, if it had one. */
  claim(parentSlot: number, name: string | undefined): number | undefined {
    const siblings = this.#byParent.get(parentSlot)
    if (siblings === undefined || name === undefined) return undefined
    const { directory } = this.#kernel
    const key = directory.nameKey(name)
    const slot = siblings.named.get(key)
    if (slot === undefined) return undefined
    siblings.named.delete(key)
    siblings.slots.delete(slot)
    directory.setState(slot, 'starting')
    return slot
  }

  /** Of parents that stay away, or were let go. */
  releaseAbsent(): void {
    for (const parentSlot of [...this.#byParent.keys()]) {
      if (ABSENT.has(this.#kernel.directory.state(parentSlot))) this.release(parentSlot)
    }
  }

  /** The parent has started, or will not: those of its children that were not claimed are gone for good. */
  release(parentSlot: number): void {
    const siblings = this.#byParent.get(parentSlot)
    if (siblings === undefined) return
    this.#byParent.delete(parentSlot)
    for (const slot of siblings.slots) {
      this.#kernel.remote.host.forget(
        { slot, generation: this.#kernel.directory.generation(slot) },
        { kind: 'parent-lost' },
      )
      this.release(slot)
    }
  }

  #add(parentSlot: number, slot: number): void {
    const siblings = this.#byParent.get(parentSlot) ?? { slots: new Set(), named: new Map() }
    this.#byParent.set(parentSlot, siblings)
    siblings.slots.add(slot)
    // Those without a name share one key; nobody claims by it.
    siblings.named.set(this.#kernel.directory.nameKeyOf(slot), slot)
  }
}

const ABSENT: ReadonlySet<string> = new Set(['parked', 'stopped', 'free'])

interface Siblings {
  /** All that are not claimed yet. */
  readonly slots: Set<number>
  readonly named: Map<string, number>
}
