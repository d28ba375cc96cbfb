/**
 * Where a profiler leaves a function that gives a handler its name in profiles, see tools/profiling: V8 knows functions by
 * how their source calls them, `add`, and nothing that can be done at run time without making code from text changes that.
 */
const NAMING = Symbol.for('troupe.handler-naming')

type Naming = <F>(handler: F, name: string) => F

/** The handler itself, unless this thread is being profiled: then one that shows as `Counter.add`. */
export function namedForProfiles<F>(handler: F, definition: string, handlerName: string): F {
  const naming = (globalThis as { readonly [NAMING]?: Naming })[NAMING]
  return naming === undefined || handler === undefined ? handler : naming(handler, `${definition}.${handlerName}`)
}
