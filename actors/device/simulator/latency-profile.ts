import type { Random } from 'troupe'

/** `quiet` and `busy` as they were measured in homes; `instant`: no delay, for tests and for measuring the other side. */
export type LatencyProfileName = 'quiet' | 'busy' | 'instant'

export const latencyProfileNames: readonly LatencyProfileName[] = Object.freeze(['quiet', 'busy', 'instant'])

/** When the answers to one command leave, counted from its arrival. Milliseconds. */
export interface CommandLatency {
  /** The 7b: the controller has it. */
  readonly replyMs: number
  /** The f9: the mesh has taken it. Not before the reply, unless chaos swaps them. */
  readonly resultMs: number
  /** The announcement of the lamp's new state. */
  readonly stateMs: number
}

interface Profile {
  /** Median and 99th percentile of the reply, log-normal between. Milliseconds. */
  readonly replyP50Ms: number
  readonly replyP99Ms: number
  /** The result comes up to so much after the reply. Milliseconds. */
  readonly resultLagMs: number
  /** The state, log-uniform in between. Milliseconds. */
  readonly stateMinMs: number
  readonly stateMaxMs: number
}

const profiles: Readonly<Record<Exclude<LatencyProfileName, 'instant'>, Profile>> = Object.freeze({
  quiet: { replyP50Ms: 85, replyP99Ms: 2_300, resultLagMs: 800, stateMinMs: 100, stateMaxMs: 1_000 },
  busy: { replyP50Ms: 800, replyP99Ms: 2_300, resultLagMs: 800, stateMinMs: 200, stateMaxMs: 10_000 },
})

/** The 99th percentile of the standard normal distribution. */
const Z_P99 = 2.326
/** A log-normal has no end; a device has. Milliseconds. */
const REPLY_MAX_MS = 10_000

const atOnce: CommandLatency = Object.freeze({ replyMs: 0, resultMs: 0, stateMs: 0 })

/** The latencies of one command, drawn from a profile. */
export function drawLatency(name: LatencyProfileName, random: Random): CommandLatency {
  if (name === 'instant') return atOnce
  const { replyP50Ms, replyP99Ms, resultLagMs, stateMinMs, stateMaxMs } = profiles[name]
  const sigma = Math.log(replyP99Ms / replyP50Ms) / Z_P99
  const replyMs = Math.min(REPLY_MAX_MS, replyP50Ms * Math.exp(sigma * normal(random)))
  const resultMs = replyMs + random.next() * resultLagMs
  const stateMs = stateMinMs * (stateMaxMs / stateMinMs) ** random.next()
  return { replyMs, resultMs, stateMs }
}

/** By Box and Muller. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}
