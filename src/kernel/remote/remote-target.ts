import type { SendResult } from '../actor-ref.ts'
import { callDefaults, type ResolvedCallOptions } from '../call-options.ts'
import { findDefinition } from '../definition.ts'
import type { CallScope } from '../facade.ts'
import type { Kernel } from '../kernel.ts'
import { PendingAsk } from '../pending-ask.ts'
import type { RefTarget } from '../ref.ts'
import { facadesByName } from './named-facades.ts'
import { openRemoteStream } from './remote-stream.ts'

/** Stands for an actor of another thread: every call becomes a record for the seat it lives on. */
export class RemoteTarget implements RefTarget {
  readonly kernel: Kernel
  readonly seat: number
  readonly slot: number
  readonly generation: number
  readonly path: string
  readonly module: string
  readonly definition: string

  constructor(
    kernel: Kernel,
    seat: number,
    slot: number,
    generation: number,
    path: string,
    module: string,
    definition: string,
  ) {
    this.kernel = kernel
    this.seat = seat
    this.slot = slot
    this.generation = generation
    this.path = path
    this.module = module
    this.definition = definition
  }

  /** A thread that never loaded the definition sends handler names instead of numbers. */
  get facades(): RefTarget['facades'] {
    return findDefinition(this.module, this.definition) ?? facadesByName
  }

  get handlerNames(): readonly string[] {
    return findDefinition(this.module, this.definition)?.handlerNames ?? []
  }

  post(code: number, a: unknown, b: unknown): SendResult {
    return this.kernel.remote.tell(this, code, a, b)
  }

  postWith(code: number, a: unknown, b: unknown, options: ResolvedCallOptions): SendResult {
    const { kernel } = this
    return kernel.remote.send(this, code, a, b, {
      correlation: 0,
      credit: 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      expiresAtMs: options.ttlMs === Number.POSITIVE_INFINITY ? options.ttlMs : kernel.clock.nowMs() + options.ttlMs,
      chain: [],
      key: options.key,
    })
  }

  ask(
    code: number,
    a: unknown,
    b: unknown,
    options: ResolvedCallOptions = callDefaults,
    scope?: CallScope,
  ): Promise<unknown> {
    const ask = new PendingAsk(this.kernel, this, code, options, scope)
    if (ask.isOpen) this.kernel.remote.ask(this, ask, code, a, b)
    return ask.promise
  }

  openStream(code: number, a: unknown, b: unknown, options = callDefaults): AsyncIterableIterator<unknown> {
    return openRemoteStream(this, code, a, b, options)
  }

  whenReady(): Promise<void> {
    return this.kernel.remote.whenReady(this)
  }
}
