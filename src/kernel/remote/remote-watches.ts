import { addressKey } from '../ref.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'
import type { Watch } from '../watches.ts'
import type { Remote } from './remote.ts'
import type { RemoteTarget } from './remote-target.ts'

/** Watches of actors on other threads: each address is registered there once, whatever the number of watchers here. */
export class RemoteWatches {
  readonly #remote: Remote
  readonly #watched = new Map<number, Set<Watch>>()
  /** Watches by seats on actors of this thread, which then tell the seat. */
  readonly #watchers = new Map<number, SeatWatch>()
  /** Why a watched actor had lost its thread, by address: if it turns out to be gone, that is why. */
  readonly #losses = new Map<number, ExitReason>()

  constructor(remote: Remote) {
    this.#remote = remote
  }

  add(watch: Watch): void {
    const watches = this.#watched.get(watch.key)
    if (watches !== undefined) {
      watches.add(watch)
      return
    }
    this.#watched.set(watch.key, new Set([watch]))
    this.#register(watch)
  }

  remove(watch: Watch): void {
    const watches = this.#watched.get(watch.key)
    if (watches === undefined) return
    watches.delete(watch)
    if (watches.size > 0) return
    this.#watched.delete(watch.key)
    this.#losses.delete(watch.key)
    const { slot, generation } = watch.target.target
    this.#remote.signal(seatOf(watch), { kind: 'unwatch', slot, generation })
  }

  /** An actor of another thread has ended. */
  down(slot: number, generation: number, reason: ExitReason): void {
    const key = addressKey(slot, generation)
    const watches = this.#watched.get(key)
    const loss = this.#losses.get(key)
    this.#watched.delete(key)
    this.#losses.delete(key)
    const known = reason.kind === 'gone' && loss !== undefined ? loss : reason
    for (const watch of watches ?? []) watch.notify(known)
  }

  /** A seat wants to hear of the end of an actor of this thread; at once, if there is none any more. */
  register(seat: number, slot: number, generation: number): void {
    const { kernel } = this.#remote
    const cell = kernel.cells.get(slot)
    if (cell === undefined || cell.generation !== generation) {
      const { host } = this.#remote
      if (host.isExpected(slot, generation)) host.whenSettled(slot, () => this.register(seat, slot, generation))
      else this.#remote.signal(seat, { kind: 'down', slot, generation, reason: { kind: 'gone' } })
      return
    }
    const key = seat * 2 ** 24 + slot
    if (this.#watchers.has(key)) return
    const watch: SeatWatch = {
      notify: (reason) => {
        this.#watchers.delete(key)
        this.#remote.signal(seat, { kind: 'down', slot, generation, reason })
      },
    }
    this.#watchers.set(key, watch)
    cell.addWatcher(watch)
  }

  unregister(seat: number, slot: number): void {
    const key = seat * 2 ** 24 + slot
    const watch = this.#watchers.get(key)
    if (watch === undefined) return
    this.#watchers.delete(key)
    this.#remote.kernel.cells.get(slot)?.extras?.watches?.removeWatcher(watch)
  }

  /**
   * What was watched there is watched again at the successor, who tells of those that do not come back. Without a
   * successor all of it has ended.
   */
  seatLost(seat: number, reason: ExitReason, isFinal: boolean): void {
    for (const key of [...this.#watchers.keys()]) {
      if (Math.floor(key / 2 ** 24) === seat) this.unregister(seat, key % 2 ** 24)
    }
    for (const watches of [...this.#watched.values()]) {
      const [first] = watches
      if (first === undefined || seatOf(first) !== seat) continue
      const { slot, generation } = first.target.target
      this.#losses.set(first.key, reason)
      if (isFinal) this.down(slot, generation, reason)
      else this.#register(first)
    }
  }

  #register(watch: Watch): void {
    const { slot, generation } = watch.target.target
    if (this.#remote.isClosed(seatOf(watch))) {
      this.#remote.kernel.turns.defer(() => this.down(slot, generation, { kind: 'gone' }))
    } else this.#remote.signal(seatOf(watch), { kind: 'watch', slot, generation })
  }
}

/** Where it lives, or lived: by now its address may belong to an actor elsewhere. */
function seatOf(watch: Watch): number {
  return (watch.target.target as RemoteTarget).seat
}

/** Told of an actor's end, as a `Watch` is. */
export interface SeatWatch {
  notify(reason: ExitReason): void
}
