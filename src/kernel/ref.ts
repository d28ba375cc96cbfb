import type { Calls } from './actor-ref.ts'
import { type CallOptions, type ResolvedCallOptions, resolveCallOptions } from './call-options.ts'
import type { CallScope, CallTarget, Facade, FacadeClass } from './facade.ts'

/** What a ref stands for: a cell of this thread, or the stand-in for an actor elsewhere. */
export interface RefTarget extends CallTarget {
  readonly path: string
  readonly slot: number
  readonly generation: number
  readonly facades: { readonly Tell: FacadeClass; readonly Ask: FacadeClass; readonly Stream: FacadeClass }
  whenReady(): Promise<void>
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** The one class behind `ActorRef`. Its facades are made when first used: most refs use one of three. */
export class AnyRef {
  readonly target: RefTarget
  #tell: Facade | undefined
  #ask: Facade | undefined
  #stream: Facade | undefined

  constructor(target: RefTarget) {
    this.target = target
  }

  get path(): string {
    return this.target.path
  }

  get tell(): Facade {
    this.#tell ??= new this.target.facades.Tell(this.target)
    return this.#tell
  }

  get ask(): Facade {
    this.#ask ??= new this.target.facades.Ask(this.target)
    return this.#ask
  }

  get stream(): Facade {
    this.#stream ??= new this.target.facades.Stream(this.target)
    return this.#stream
  }

  with(options: CallOptions): Calls<unknown> {
    const resolved = resolveCallOptions(options)
    const { target } = this
    const { Tell, Ask, Stream } = target.facades
    return {
      tell: new Tell(target, resolved),
      ask: new Ask(target, resolved),
      stream: new Stream(target, resolved),
    }
  }

  /** The ask facade for calls that are part of a chain. */
  askWith(options: ResolvedCallOptions, scope: CallScope): Facade {
    return new this.target.facades.Ask(this.target, options, scope)
  }

  ready(): Promise<void> {
    return this.target.whenReady()
  }

  equals(other: unknown): boolean {
    return isRef(other) && other.target.slot === this.target.slot && other.target.generation === this.target.generation
  }

  toJSON(): { readonly actor: string; readonly address: string } {
    return { actor: this.path, address: `${this.target.slot}.${this.target.generation}` }
  }

  toString(): string {
    return `ActorRef(${this.path})`
  }

  [INSPECT](): string {
    return this.toString()
  }
}

export function isRef(value: unknown): value is AnyRef {
  return value instanceof AnyRef
}

/** One number for an address, for maps: slots are below 2^24, generations too. */
export function addressKey(slot: number, generation: number): number {
  return slot * 2 ** 24 + generation
}
