import type { ResolvedCallOptions } from '../call-options.ts'
import {
  type CallScope,
  type CallTarget,
  Facade,
  type FacadeClass,
  messageCode,
  OPTIONS,
  SCOPE,
  TARGET,
} from '../facade.ts'

/**
 * The handler number of a message whose sender does not know the numbers: the handler's name is its first argument, and
 * the receiver, who knows them, puts the number in its place.
 */
export const HANDLER_BY_NAME = 4_095

type Send = (facade: Facade, code: number, args: unknown[]) => unknown

/** A facade whose methods appear when they are asked for: whether the handler exists is found out by the receiver. */
function namedFacade(handler: number, send: Send): FacadeClass {
  const code = messageCode(handler, 3)
  return class extends Facade {
    constructor(target: CallTarget, options?: ResolvedCallOptions, scope?: CallScope) {
      super(target, options, scope)
      // biome-ignore lint/correctness/noConstructorReturn: a proxy is what stands for methods nobody has listed
      return new Proxy(this, {
        get: (facade, name) => {
          if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined
          return (...args: unknown[]) => send(facade, code, [name, ...args])
        },
      })
    }
  }
}

/** Facades that put the handler's name before the arguments, in messages for handler number `called` or `streamed`. */
export function namedFacades(called: number, streamed: number): Record<'Tell' | 'Ask' | 'Stream', FacadeClass> {
  return {
    Tell: namedFacade(called, (facade, code, args) =>
      facade[OPTIONS] === undefined
        ? facade[TARGET].post(code, args, undefined, undefined)
        : facade[TARGET].postWith(code, args, undefined, facade[OPTIONS]),
    ),
    Ask: namedFacade(called, (facade, code, args) =>
      facade[TARGET].ask(code, args, undefined, facade[OPTIONS], facade[SCOPE]),
    ),
    Stream: namedFacade(streamed, (facade, code, args) =>
      facade[TARGET].openStream(code, args, undefined, facade[OPTIONS]),
    ),
  }
}

/** Facades for refs to actors whose definition this thread has not loaded. */
export const facadesByName = Object.freeze(namedFacades(HANDLER_BY_NAME, HANDLER_BY_NAME))

/** Code and arguments as the receiver's own definition numbers them; undefined if it has no such handler. */
export function resolveByName(
  handlerNames: readonly string[],
  args: readonly unknown[],
): { readonly code: number; readonly a: unknown; readonly b: unknown } | undefined {
  const [name, ...rest] = args
  const index = handlerNames.indexOf(name as string)
  if (index < 0) return undefined
  const [a, b] = rest.length > 2 ? [rest, undefined] : rest
  return { code: messageCode(index, rest.length), a, b }
}
