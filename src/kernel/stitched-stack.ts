/**
 * Rejects the promise of a call with an error from another thread, whose stack goes on with the frames of whoever waits for the
 * promise. `resolve` is the promise's own. What is no Error is passed on as it is.
 *
 * The frames are looked for when the error is there, so a call that succeeds pays nothing: V8 finds the async functions that
 * await the result of a microtask that runs. So the promise is resolved with one that is rejected in such a microtask, after
 * the two have been tied together in an earlier one. Callers that do not await, but call `then` and return, are not found.
 */
export function rejectStitched(resolve: (value: PromiseLike<never>) => void, error: unknown, where: string): void {
  let begin!: () => void
  const begun = new Promise<void>((onBegin) => {
    begin = onBegin
  })
  const fail = (): never => {
    throw stitched(error, where, framesBelow(fail))
  }
  resolve(begun.then(fail))
  begin()
}

/**
 * Appends to the stack of an error that came from elsewhere a line that says so, and frames of this thread. Answers `thrown`;
 * what is no Error, or has a stack that cannot be set, stays as it is.
 */
export function stitched(thrown: unknown, where: string, frames: string): unknown {
  try {
    if (!(thrown instanceof Error)) return thrown
    const value = `${thrown.stack ?? `${thrown.name}: ${thrown.message}`}\n    -- ${where} --${frames}`
    Object.defineProperty(thrown, 'stack', { value, enumerable: false, writable: true, configurable: true })
  } catch {
    // Then without.
  }
  return thrown
}

/** The stack below a function that runs as a microtask: the async functions that wait for it. */
function framesBelow(microtask: () => void): string {
  const here: { stack?: unknown } = {}
  Error.captureStackTrace(here, microtask)
  const { stack } = here
  if (typeof stack !== 'string') return '' // a program may have its own way to write stacks
  const frames = stack.split('\n').filter((line) => line.startsWith('    at ') && !line.includes('(node:internal/'))
  return frames.map((line) => `\n${line}`).join('')
}
