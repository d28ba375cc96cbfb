import { ActorCell } from './actor-cell.ts'
import { crash } from './actor-life.ts'
import { STOPPED } from './actor-stage.ts'
import type { InternalItem } from './envelope.ts'
import { runSignal } from './in-flight.ts'
import { type AnyRef, addressKey } from './ref.ts'
import type { SeatWatch } from './remote/remote-watches.ts'
import { type ExitReason, isAbnormal } from './supervision/exit-reason.ts'

/** One actor waits for the end of another. Ends by its notice or by `unwatch`, so that there is exactly one notice. */
export class Watch implements InternalItem {
  readonly watcher: ActorCell
  readonly target: AnyRef
  /** The end of the target, if abnormal, fails the watcher. */
  readonly isLink: boolean
  isActive = true
  readonly #incarnation: number
  #reason: ExitReason | undefined

  constructor(watcher: ActorCell, target: AnyRef, isLink: boolean) {
    this.watcher = watcher
    this.target = target
    this.isLink = isLink
    this.#incarnation = watcher.incarnation
  }

  get key(): number {
    return addressKey(this.target.target.slot, this.target.target.generation)
  }

  /** The target has ended: its notice takes its place behind everything the watcher had from it. */
  notify(reason: ExitReason): void {
    if (!this.isActive || this.#reason !== undefined) return
    this.#reason = reason
    this.watcher.enqueueInternal(this)
  }

  run(): void {
    const { watcher, target } = this
    if (!this.isActive || watcher.incarnation !== this.#incarnation) return
    this.isActive = false
    watcher.extras?.watches?.forget(this)
    watcher.kernel.meters.add('downs', 1)
    const reason = this.#reason as ExitReason
    const handler = this.isLink ? watcher.definition.onExit : watcher.definition.onDown
    if (handler !== undefined) runSignal(watcher, handler, target, reason)
    else if (this.isLink && isAbnormal(reason))
      crash(watcher, { kind: 'linked-exit', path: target.path, cause: reason })
  }
}

/** Who watches an actor, and whom it watches. */
export class Watches {
  readonly #cell: ActorCell
  /** By address of the target; links apart from watches. */
  readonly #watching = new Map<number, Watch>()
  readonly #links = new Map<number, Watch>()
  /** Those who wait for the end of this actor. */
  readonly #watchers = new Set<SeatWatch>()

  constructor(cell: ActorCell) {
    this.#cell = cell
  }

  watch(ref: AnyRef, isLink: boolean): void {
    const table = isLink ? this.#links : this.#watching
    const watch = new Watch(this.#cell, ref, isLink)
    if (table.has(watch.key)) return
    table.set(watch.key, watch)
    this.#cell.kernel.directory.setInvolved(this.#cell.slot)
    const { target } = ref
    if (target instanceof ActorCell) target.addWatcher(watch)
    else this.#cell.kernel.remote.watches.add(watch)
  }

  unwatch(ref: AnyRef): void {
    this.#end(this.#watching, ref)
  }

  /** Both watch each other. A link to an actor that has ended already fails this one at once, as OTP has it. */
  link(ref: AnyRef): void {
    this.watch(ref, true)
    const { target } = ref
    if (target instanceof ActorCell) {
      if (target.stage !== STOPPED) target.more.needWatches().watch(this.#cell.ref, true)
    } else this.#signal('link', ref)
  }

  unlink(ref: AnyRef): void {
    this.#end(this.#links, ref)
    const { target } = ref
    if (target instanceof ActorCell) target.extras?.watches?.forgetLink(this.#cell.ref)
    else this.#signal('unlink', ref)
  }

  forgetLink(ref: AnyRef): void {
    this.#end(this.#links, ref)
  }

  addWatcher(watch: SeatWatch): void {
    this.#watchers.add(watch)
  }

  removeWatcher(watch: SeatWatch): void {
    this.#watchers.delete(watch)
  }

  /** This actor has ended for good. */
  ended(reason: ExitReason): void {
    for (const watch of this.#watchers) watch.notify(reason)
    this.#watchers.clear()
    this.dropWatching()
  }

  /** The incarnation ends, and what it watched with it. Who watches this actor goes on doing so. */
  dropWatching(): void {
    for (const watch of [...this.#watching.values(), ...this.#links.values()]) this.#cancel(watch)
    this.#watching.clear()
    this.#links.clear()
  }

  forget(watch: Watch): void {
    ;(watch.isLink ? this.#links : this.#watching).delete(watch.key)
  }

  #signal(kind: 'link' | 'unlink', ref: AnyRef): void {
    const { slot, generation } = ref.target
    const { remote, directory } = this.#cell.kernel
    remote.signal(directory.hostSeat(slot), { kind, slot, generation, from: this.#cell.ref })
  }

  #end(table: Map<number, Watch>, ref: AnyRef): void {
    const key = addressKey(ref.target.slot, ref.target.generation)
    const watch = table.get(key)
    if (watch === undefined) return
    table.delete(key)
    this.#cancel(watch)
  }

  #cancel(watch: Watch): void {
    watch.isActive = false
    const { target } = watch.target
    if (target instanceof ActorCell) target.extras?.watches?.removeWatcher(watch)
    else this.#cell.kernel.remote.watches.remove(watch)
  }
}
