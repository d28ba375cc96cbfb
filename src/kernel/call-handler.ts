export type Handler = (self: unknown, ...args: unknown[]) => unknown

/** Calls a handler with the arguments of a message. */
export function callHandler(handler: Handler, self: unknown, code: number, a: unknown, b: unknown): unknown {
  switch (code & 3) {
    case 0:
      return handler(self)
    case 1:
      return handler(self, a)
    case 2:
      return handler(self, a, b)
    default:
      return callWithMany(handler, self, a as unknown[])
  }
}

/** Apart, because a spread keeps its function from being inlined. */
function callWithMany(handler: Handler, self: unknown, args: unknown[]): unknown {
  return handler(self, ...args)
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
