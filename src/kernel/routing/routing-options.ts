import { checkChoice, checkRange, resolveOptions } from '../../base/options.ts'

/**
 * Which member gets a message. `round-robin`: one after the other. `least-loaded`: the one with the fewest messages that
 * wait. `consistent-hash`: always the same one for a key, while it is there. `broadcast`: all of them.
 */
export type RoutingStrategy = 'round-robin' | 'least-loaded' | 'consistent-hash' | 'broadcast'

export interface RouterOptions {
  /** @default 'round-robin' */
  readonly strategy?: RoutingStrategy
  /**
   * For `consistent-hash`: the index of the argument that is the key of a message sent without `with({ key })`. Index, 0 to
   * 15. @default 0
   */
  readonly keyArgument?: number
}

export interface WorkPoolOptions {
  /** Jobs that may wait for a worker; one more is refused. Count, 1 to 1_000_000. @default 10_000 */
  readonly jobsMax?: number
  /** Workers that may be lost with a job before it is given up. Count, 1 to 1_000. @default 3 */
  readonly attemptsMax?: number
}

export const routerDefaults: Required<RouterOptions> = Object.freeze({ strategy: 'round-robin', keyArgument: 0 })
export const workPoolDefaults: Required<WorkPoolOptions> = Object.freeze({ jobsMax: 10_000, attemptsMax: 3 })

export function resolveRouterOptions(given: RouterOptions | undefined): Required<RouterOptions> {
  const options = resolveOptions(given, routerDefaults, 'router')
  checkChoice('router', 'strategy', options.strategy, ['round-robin', 'least-loaded', 'consistent-hash', 'broadcast'])
  checkRange('router', 'keyArgument', options.keyArgument, { min: 0, max: 15 })
  return options
}

export function resolveWorkPoolOptions(given: WorkPoolOptions | undefined): Required<WorkPoolOptions> {
  const options = resolveOptions(given, workPoolDefaults, 'workPool')
  checkRange('workPool', 'jobsMax', options.jobsMax, { min: 1, max: 1_000_000, unit: 'jobs' })
  checkRange('workPool', 'attemptsMax', options.attemptsMax, { min: 1, max: 1_000, unit: 'workers' })
  return options
}
