import type { ActorCell } from './actor-cell.ts'
import type { SendResult } from './actor-ref.ts'
import type { ResolvedCallOptions } from './call-options.ts'

/**
 * A message's code: handler index × 4 + how its arguments travel. Up to two are carried as they are; more travel as one
 * array in the place of the first.
 */
export const ARGUMENTS_IN_ARRAY = 3

export const messageCode = (handlerIndex: number, argumentCount: number): number =>
  (handlerIndex << 2) | (argumentCount > 2 ? ARGUMENTS_IN_ARRAY : argumentCount)

/** The arguments of a message, as an array of its own. */
export function messageArguments(code: number, a: unknown, b: unknown): unknown[] {
  switch (code & 3) {
    case 0:
      return []
    case 1:
      return [a]
    case 2:
      return [a, b]
    default:
      return a as unknown[]
  }
}

/** What calls of one ask chain hand on: who waits, and for which incarnation. */
export interface CallScope {
  readonly cell: ActorCell
  readonly incarnation: number
  /** Slots of the actors that wait for this call, the first asker first. */
  readonly chain: readonly number[]
}

/** Where a facade's calls go: the cell of a local actor, or the stand-in for one elsewhere. */
export interface CallTarget {
  post(code: number, a: unknown, b: unknown, extra: undefined): SendResult
  postWith(code: number, a: unknown, b: unknown, options: ResolvedCallOptions): SendResult
  ask(
    code: number,
    a: unknown,
    b: unknown,
    options: ResolvedCallOptions | undefined,
    scope: CallScope | undefined,
  ): Promise<unknown>
  openStream(
    code: number,
    a: unknown,
    b: unknown,
    options: ResolvedCallOptions | undefined,
  ): AsyncIterableIterator<unknown>
}

// Symbols, because any name may be that of a handler.
export const TARGET = Symbol('target')
export const OPTIONS = Symbol('options')
export const SCOPE = Symbol('scope')

/** One object per ref and way of sending, made when first used; its methods are the definition's handler names. */
export class Facade {
  readonly [TARGET]: CallTarget
  readonly [OPTIONS]: ResolvedCallOptions | undefined
  readonly [SCOPE]: CallScope | undefined

  constructor(target: CallTarget, options?: ResolvedCallOptions, scope?: CallScope) {
    this[TARGET] = target
    this[OPTIONS] = options
    this[SCOPE] = scope
  }
}

export type FacadeClass = new (target: CallTarget, options?: ResolvedCallOptions, scope?: CallScope) => Facade

export class TellFacade extends Facade {
  static method(index: number): (this: TellFacade, a?: unknown, b?: unknown) => SendResult {
    const code = index << 2
    // `arguments` and not a rest parameter: the array is made only for calls with more than two.
    return function (this: TellFacade, a?: unknown, b?: unknown): SendResult {
      const count = arguments.length
      if (this[OPTIONS] !== undefined) return this.#tellWith(index, Array.from(arguments))
      if (count <= 2) return this[TARGET].post(code | count, a, b, undefined)
      return this[TARGET].post(code | ARGUMENTS_IN_ARRAY, Array.from(arguments), undefined, undefined)
    }
  }

  #tellWith(index: number, args: unknown[]): SendResult {
    const [a, b] = args.length > 2 ? [args, undefined] : args
    return this[TARGET].postWith(messageCode(index, args.length), a, b, this[OPTIONS] as ResolvedCallOptions)
  }
}

export class AskFacade extends Facade {
  static method(index: number): (this: AskFacade, a?: unknown, b?: unknown) => Promise<unknown> {
    const code = index << 2
    return function (this: AskFacade, a?: unknown, b?: unknown): Promise<unknown> {
      const count = arguments.length
      if (count <= 2) return this[TARGET].ask(code | count, a, b, this[OPTIONS], this[SCOPE])
      return this[TARGET].ask(code | ARGUMENTS_IN_ARRAY, Array.from(arguments), undefined, this[OPTIONS], this[SCOPE])
    }
  }
}

export class StreamFacade extends Facade {
  static method(index: number): (this: StreamFacade, ...args: unknown[]) => AsyncIterableIterator<unknown> {
    return function (this: StreamFacade, ...args: unknown[]) {
      const [a, b] = args.length > 2 ? [args, undefined] : args
      return this[TARGET].openStream(messageCode(index, args.length), a, b, this[OPTIONS])
    }
  }
}

interface FacadeKind {
  new (target: CallTarget, options?: ResolvedCallOptions, scope?: CallScope): Facade
  method(index: number): unknown
}

/**
 * A class whose methods are `names`, by index; undefined leaves an index out. An unknown name is simply absent, so an
 * untyped caller gets JavaScript's own `is not a function`.
 */
export function facadeClass(kind: FacadeKind, names: readonly (string | undefined)[]): FacadeClass {
  const HandlerFacade = class extends kind {}
  names.forEach((name, index) => {
    if (name === undefined) return
    Object.defineProperty(HandlerFacade.prototype, name, { value: kind.method(index), enumerable: true })
  })
  return HandlerFacade
}
