import { UsageError } from 'troupe'

/**
 * Which controllers hear the same devices: mesh addresses (1 to 255) and groups are numbered within a home. `one`: all of them. `by-id`: those whose
 * device ids are the same but for the last eight bits, as simulated ones have it; these bits are the mesh address of the controller itself.
 * `table`: by name, with their device ids; whoever is in none is in the home `''`.
 */
export type Homes =
  | { readonly kind: 'one' }
  | { readonly kind: 'by-id' }
  | { readonly kind: 'table'; readonly homes: Readonly<Record<string, readonly number[]>> }

/** The home of all who are in no other. */
export const ONLY_HOME = ''
const ADDRESS_BITS = 8
const ADDRESS_MASK = 0xff
const KINDS: readonly Homes['kind'][] = Object.freeze(['one', 'by-id', 'table'])
const CONTROLLERS_MAX = 100_000

/** Throws `UsageError` (`invalid-option`). */
export function checkHomes(homes: unknown, name: string): void {
  const { kind, homes: table } = Object(homes) as Partial<Homes & { homes: unknown }>
  if (!KINDS.includes(kind as Homes['kind'])) {
    throw new UsageError('invalid-option', `${name}: kind must be one of ${KINDS.join(', ')}, got ${String(kind)}`)
  }
  if (kind !== 'table') return
  const ids = Object.values(Object(table) as Record<string, unknown>).flat()
  const wrong = ids.find((id) => !(Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0xffff_ffff))
  if (wrong !== undefined || ids.length > CONTROLLERS_MAX || new Set(ids).size !== ids.length) {
    const text = `device ids from 0 to 4294967295, each once, at most ${CONTROLLERS_MAX}`
    throw new UsageError('invalid-option', `${name}: homes must have ${text}, got ${String(wrong ?? ids.length)}`)
  }
}

/** From device ids to homes. */
export class HomeFinder {
  readonly #kind: Homes['kind']
  readonly #byId = new Map<number, string>()

  constructor(homes: Homes) {
    this.#kind = homes.kind
    if (homes.kind !== 'table') return
    for (const [name, ids] of Object.entries(homes.homes)) for (const id of ids) this.#byId.set(id, name)
  }

  homeOf(deviceId: number): string {
    if (this.#kind === 'one') return ONLY_HOME
    return this.#kind === 'by-id' ? String(deviceId >>> ADDRESS_BITS) : (this.#byId.get(deviceId) ?? ONLY_HOME)
  }

  /** The mesh address that the id of a controller says it has; undefined where ids say nothing. */
  addressOf(deviceId: number): number | undefined {
    const address = deviceId & ADDRESS_MASK
    return this.#kind === 'by-id' && address > 0 ? address : undefined
  }
}
