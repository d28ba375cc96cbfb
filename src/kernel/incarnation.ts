import { UnreachableError, UsageError } from '../base/errors.ts'
import type { ActorCell } from './actor-cell.ts'
import { stop } from './actor-life.ts'
import type { ActorRef } from './actor-ref.ts'
import { callDefaults, resolveCallOptions } from './call-options.ts'
import { type ActorDefinition, compiled, isStreamHandler } from './definition.ts'
import { Envelope } from './envelope.ts'
import type { Frame } from './frame.ts'
import { BoundLog, type Log } from './log.ts'
import type { MessageContext } from './message-context.ts'
import { type AnyRef, isRef } from './ref.ts'
import { dismiss } from './remote/dismissal.ts'
import { groupName, groupsRef } from './routing/group-registry.ts'
import type { SpawnOptions } from './spawn-options.ts'
import { normalExit } from './supervision/exit-reason.ts'

/** One life of an actor between start and restart: what its handlers get as `self`. See `Self` for what its members do. */
export class Incarnation {
  /** Own and plain, so that handlers reach it at the speed of any field; revoking puts an accessor in its place. */
  state: unknown = undefined
  /** True once `start` has answered. */
  isStarted = false
  /** Its path, once it has ended. */
  #cell: ActorCell | string

  constructor(cell: ActorCell) {
    this.#cell = cell
  }

  get ref(): ActorRef {
    return this.#alive().ref as ActorRef
  }

  get path(): string {
    return this.#alive().path
  }

  get context(): MessageContext {
    const cell = this.#alive()
    cell.current = cell.current?.own() ?? new Envelope()
    return cell.current.context()
  }

  get timers(): object {
    return this.#alive().more.needTimers()
  }

  get log(): Log {
    const cell = this.#alive()
    return new BoundLog(cell.kernel.logSink, cell.path)
  }

  spawn(definition: ActorDefinition<never, unknown>, args: readonly unknown[] = [], options?: SpawnOptions): ActorRef {
    const cell = this.#alive()
    if (cell.windUp !== undefined) {
      throw new UnreachableError('actor-stopping', `${cell.path} is stopping and takes no more children`)
    }
    return cell.more.needFamily().spawn(compiled(definition, 'spawn'), args, options)
  }

  async stopChild(ref: unknown): Promise<void> {
    const cell = this.#alive()
    const { target } = refOf(ref, 'stopChild')
    const { directory } = cell.kernel
    if (directory.isCurrent(target.slot, target.generation) && directory.parentSlot(target.slot) !== cell.slot) {
      throw new UsageError('not-a-child', `stopChild: ${target.path} is no child of ${cell.path}`)
    }
    await dismiss(cell.kernel, target)
  }

  watch(ref: unknown): void {
    this.#alive().more.needWatches().watch(refOf(ref, 'watch'), false)
  }

  unwatch(ref: unknown): void {
    this.#alive().extras?.watches?.unwatch(refOf(ref, 'unwatch'))
  }

  link(ref: unknown): void {
    const other = refOf(ref, 'link')
    this.#alive().more.needWatches().link(other)
  }

  unlink(ref: unknown): void {
    this.#alive().extras?.watches?.unlink(refOf(ref, 'unlink'))
  }

  stash(): void {
    const cell = this.#alive()
    const { kernel, definition, extras } = cell
    const isInHandler = kernel.running === cell && (kernel.pulse.words[kernel.pulse.handlerIndex] as number) >= 0
    // After an `await` it is clear which message is meant only where there is one at a time.
    const isAwaiting = definition.concurrency === 1 && (extras?.inFlight.size ?? 0) > 0
    if (!isInHandler && !isAwaiting) {
      throw new UsageError('no-current-message', `${cell.path}: stash() needs a message that is being handled`)
    }
    cell.more.isStashing = true
  }

  unstash(): void {
    this.#alive().unstash()
  }

  become(handlers: Readonly<Record<string, unknown>>): void {
    const cell = this.#alive()
    const { handlerNames, isStream } = cell.definition
    cell.handlers = handlerNames.map((name, index) => {
      const handler = handlers[name]
      if (typeof handler === 'function' && isStreamHandler(handler) === isStream[index]) {
        return handler as (typeof cell.handlers)[number]
      }
      throw new UsageError(
        'incomplete-handlers',
        `${cell.path}: become() needs a handler of the same kind for '${name}' too`,
      )
    })
  }

  ask(ref: unknown, options?: { deadlineMs?: number; signal?: AbortSignal }): unknown {
    const cell = this.#alive()
    const target = refOf(ref, 'ask')
    const chain = [...(cell.current?.chain ?? []), cell.slot]
    const resolved = options === undefined ? callDefaults : resolveCallOptions(options)
    return target.askWith(resolved, { cell, incarnation: cell.incarnation, chain })
  }

  join(group: string): void {
    const cell = this.#alive()
    groupsRef(cell.kernel).tell.join(groupName(group, 'join'), cell.ref as unknown as ActorRef)
  }

  leave(group: string): void {
    const cell = this.#alive()
    groupsRef(cell.kernel).tell.leave(groupName(group, 'leave'), cell.ref as unknown as ActorRef)
  }

  whereis(path: string): Promise<ActorRef | undefined> {
    return this.#alive().kernel.whereis(path)
  }

  frame(bytes: number): Frame {
    const cell = this.#alive()
    return cell.kernel.allocateFrame(cell, bytes)
  }

  compute(module: string | URL, exportName: string, ...args: unknown[]): Promise<unknown> {
    const cell = this.#alive()
    const abort = new AbortController()
    const job = cell.kernel.compute(String(module), exportName, args, abort.signal)
    const task = { abandon: (error: unknown) => abort.abort(error) }
    cell.more.tasks.add(task)
    const done = (): void => void cell.extras?.tasks.delete(task)
    job.then(done, done)
    return job
  }

  stop(): void {
    stop(this.#alive(), normalExit)
  }

  /** The incarnation is over: every member throws from now on. */
  revoke(): void {
    const cell = this.#cell
    if (typeof cell === 'string') return
    this.#cell = cell.path
    Object.defineProperty(this, 'state', Incarnation.#noState)
  }

  /** The same for all: an accessor of its own would give each ended incarnation a hidden class of its own. */
  static readonly #noState: PropertyDescriptor & ThisType<Incarnation> = {
    get() {
      return this.#alive()
    },
    set() {
      this.#alive()
    },
  }

  #alive(): ActorCell {
    if (typeof this.#cell === 'string') throwGone(this.#cell)
    return this.#cell
  }
}

function throwGone(path: string): never {
  throw new UnreachableError(
    'actor-gone',
    `this incarnation of ${path} has ended; what it left running must not use self`,
  )
}

function refOf(value: unknown, owner: string): AnyRef {
  if (isRef(value)) return value
  throw new UsageError('not-a-ref', `${owner}: expected an actor ref, got ${String(value)}`)
}
