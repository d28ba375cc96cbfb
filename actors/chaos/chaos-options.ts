import { type SpawnOptions, systemRandom, UsageError } from 'troupe'
import { streamEndpoint } from '../connection/early-check.ts'
import { type EndpointOptions, formatEndpoint } from '../connection/endpoint.ts'
import { type FramingSpec, makeFraming } from '../connection/framing-spec.ts'
import { checkedOptions } from '../connection/option-check.ts'
import { type ChaosConfig, type ChaosDirection, type ResolvedChaosConfig, resolveChaosConfig } from './chaos-config.ts'

/** Between whom a chaos actor stands, and what it does to them. */
export interface ChaosOptions {
  /** Where it listens, in the place of `to`. */
  readonly listen: string | EndpointOptions
  /** Whom it connects to, once for each connection that it accepts. */
  readonly to: string | EndpointOptions
  /**
   * What a message is: with a framing whole messages are lost, repeated, overtaken and changed. `raw`: bytes as they come; loss, duplicates
   * and overtaking are a `UsageError` then, and a partition holds bytes up instead of losing them. @default 'raw'
   */
  readonly framing?: FramingSpec | 'raw'
  /** In both directions. @default a network without faults */
  readonly config?: ChaosConfig
  /** What is different from who dials to who accepts. */
  readonly up?: ChaosConfig
  /** What is different back. */
  readonly down?: ChaosConfig
  /** Each connection and direction draws from a seed of its own, derived from this and its number. Whole, 0 to 2^32 - 1. @default random */
  readonly seed?: number
  /** Of one direction of one connection: messages held until they are due; then the sender is read no more. Count. @default 10_000 */
  readonly heldMessagesMax?: number
  /** Bytes, >= 0. @default 16_777_216 (16 MiB) */
  readonly heldBytesMax?: number
  readonly spawn?: SpawnOptions
}

/** Plain values: they travel to the thread of the actor. */
export interface ChaosSettings {
  readonly listen: string
  readonly to: string
  readonly framing: FramingSpec | 'raw'
  readonly up: ResolvedChaosConfig
  readonly down: ResolvedChaosConfig
  readonly seed: number
  readonly heldMessagesMax: number
  readonly heldBytesMax: number
}

const whole = { min: 0, max: 2 ** 32 - 1, unit: '', isWhole: true } as const

/** Throws `UsageError` for what is unknown, out of range, or cannot be done to raw bytes. */
export function resolveChaosOptions(options: Omit<ChaosOptions, 'spawn'>): ChaosSettings {
  const { listen, to, framing, config, up, down, ...rest } = options
  const { seed, heldMessagesMax, heldBytesMax } = checkedOptions(
    'chaos',
    rest,
    { seed: Math.floor(systemRandom.next() * 2 ** 32), heldMessagesMax: 10_000, heldBytesMax: 16_777_216 },
    {
      seed: whole,
      heldMessagesMax: { min: 1, max: 10_000_000, unit: 'messages', isWhole: true },
      heldBytesMax: { min: 0, max: 2 ** 40, unit: 'bytes', isWhole: true },
    },
  )
  const settings = {
    listen: formatEndpoint(streamEndpoint('chaos: listen', listen)),
    to: formatEndpoint(streamEndpoint('chaos: to', to)),
    framing: framing ?? 'raw',
    up: resolveChaosConfig({ ...config, ...up }),
    down: resolveChaosConfig({ ...config, ...down }),
    seed,
    heldMessagesMax,
    heldBytesMax,
  }
  // One of a module is known when it is loaded.
  if (settings.framing !== 'raw' && settings.framing.kind !== 'module') makeFraming(settings.framing)
  checkFaults(settings.framing, settings.up)
  checkFaults(settings.framing, settings.down)
  return settings
}

/** What only whole messages can suffer: a byte stream that loses, repeats or swaps bytes is no stream. */
const messageFaults = ['lossRate', 'duplicateRate', 'reorderRate'] as const

/** Throws `UsageError` `chaos-needs-framing` for a fault that raw bytes cannot have. */
export function checkFaults(framing: FramingSpec | 'raw', config: ResolvedChaosConfig): void {
  if (framing !== 'raw') return
  const fault = messageFaults.find((name) => config[name] > 0)
  if (fault === undefined) return
  throw new UsageError(
    'chaos-needs-framing',
    `chaos: ${fault} is for messages, and framing is 'raw': say which framing`,
  )
}

/** Numbers that have nothing to do with each other, of one seed. */
export function seedOf(seed: number, connection: number, direction: ChaosDirection): number {
  let mixed = (seed ^ Math.imul(connection * 2 + (direction === 'up' ? 0 : 1), 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
