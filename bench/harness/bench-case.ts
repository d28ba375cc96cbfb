/** How much work: `full` for figures, `quick` for a look, `smoke` only to prove that the case still runs. */
export type Scale = 'full' | 'quick' | 'smoke'

/** What the programs of a case are told: how many messages, actors, bytes. */
export type WorkSize = Readonly<Record<string, number>>

/** What a program counted while it worked. Both must be what the case expects, or the case fails. */
export interface Tally {
  /** How often the thing that is measured happened, counted by the side that received it. */
  readonly counted: number
  /** Sum over what arrived, so that a message counted twice cannot stand in for a lost one. */
  readonly checksum: number
}

/** The answer of a program: its tally, and figures by name. */
export interface Outcome extends Tally {
  readonly figures: Readonly<Record<string, number>>
}

/** One measurement, run alone in a fresh process. A module of programs exports them as `works`. */
export type Work<S extends WorkSize> = (size: S) => Promise<Outcome>

/** How a contender's process is started. `needs`: a command without which it is skipped. */
export type Program =
  | { readonly kind: 'module'; readonly url: string; readonly work: string; readonly needs?: string }
  | { readonly kind: 'erlang'; readonly schedulers: 1 | 2; readonly work: string }

export interface Contender<S extends WorkSize = WorkSize> {
  readonly name: string
  readonly program: Program
  /** Contenders differ in speed by a factor of 100: each has its own sizes, so that all measure for about a second. */
  readonly sizes: Readonly<Record<Scale, S>>
}

export interface Peer<S extends WorkSize = WorkSize> extends Contender<S> {
  /** The ratio to reach on the first row of the case. Without it the peer is there to compare with. */
  readonly reach?: number
}

/** One line of the result: a figure of every contender. */
export interface RowSpec {
  /** The name in the table and in the JSON, such as `kernel/tell`. */
  readonly bench: string
  readonly figure: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** A fixed figure to compare with beside the peers: a limit that ours has to keep. */
  readonly limit?: number
}

/** Ours and its peers doing the same work. `Any` size at run time; a case file is checked against its own. */
export interface BenchCase<S extends WorkSize = WorkSize> {
  readonly name: string
  readonly rows: readonly [RowSpec, ...RowSpec[]]
  readonly ours: Contender<S>
  readonly peers: readonly Peer<S>[]
  /** What every contender must have counted at this size. */
  readonly expected: (size: S) => Tally
}

/** Checks a case against its own type of size, and forgets that type. */
export function benchCase<S extends WorkSize>(spec: BenchCase<S>): BenchCase {
  return spec as unknown as BenchCase
}

/** The three sizes of a contender: `quick` is a quarter of `full` in everything that `smoke` makes smaller. */
export function sizes<S extends WorkSize>(full: S, smoke: Partial<S>): Record<Scale, S> {
  const quick: Record<string, number> = { ...full }
  for (const key of Object.keys(smoke)) quick[key] = Math.max(smoke[key] ?? 1, Math.ceil((full[key] ?? 1) / 4))
  return { full, quick: quick as S, smoke: { ...full, ...smoke } }
}
