import type { ActorRef, SpawnOptions } from 'troupe'
import type { LinkOptions, LinkOverflow } from '../connection/link-options.ts'
import type { ListenerOptions } from '../connection/listener-options.ts'
import { checkedOptions, type OptionRules } from '../connection/option-check.ts'
import type { ValueReceiver } from './broadcast-link.actor.ts'

/**
 * What becomes of a value for a client whose queue is full. `disconnect`: the client is removed. `drop-oldest`, `drop-newest`,
 * `conflate`: as of links; what was sent in one turn is dropped together but by `drop-oldest`. `block`: further values wait until
 * every client has room; a client that takes nothing for `link.writeTimeoutMs` is removed, so that ends.
 */
export type BroadcastOverflow = Exclude<LinkOverflow, 'reject'> | 'block'

export interface SendingOptions {
  /** Of each connection's queue; its limits are `link.queueBytesMax` and `link.queueMessagesMax`. @default 'disconnect', of a client 'block' */
  readonly overflow?: BroadcastOverflow
}

export interface ReceivingOptions<T = unknown> {
  /**
   * Told every value as it comes, instead of a queue that is asked. Its connections wait for it; its mailbox has to hold 32 values
   * for each of them. @default nobody
   */
  readonly to?: ActorRef<ValueReceiver<T>> | undefined
  /** Values that wait for `recv`; beyond it the sockets are not read. Count, >= 1. @default 65_536 */
  readonly inboxMessagesMax?: number
  /** The same in encoded bytes; one read of each connection may come on top. Bytes, >= 1. @default 16_777_216 (16 MiB) */
  readonly inboxBytesMax?: number
}

interface SharedOptions {
  /** Of each connection; its framing is that of both sides. */
  readonly link?: Omit<LinkOptions, 'overflow'>
  /** Of the actor that is answered. */
  readonly spawn?: SpawnOptions
}

export interface ServerOptions extends Omit<ListenerOptions, 'link' | 'observer'>, SharedOptions {
  /**
   * A client that has ended its side: `keep` goes on sending to it, which the clients of deli-com need; it is gone only when a write
   * fails. `end`: it has left. @default 'keep', but 'end' where values are received
   */
  readonly halfClosed?: 'keep' | 'end'
}

export interface ClientOptions extends SharedOptions {
  /** Whether it connects again when the connection is gone, after 100 ms to 30 s, as often as it takes. @default false */
  readonly reconnect?: boolean
  /** An attempt that takes longer fails. Milliseconds, > 0. @default 5_000 */
  readonly connectTimeoutMs?: number
}

/** The part of the options that this module checks; the rest is checked by listener, link and `spawn`. */
export type OwnOptions = Required<
  SendingOptions & ReceivingOptions & Pick<ServerOptions, 'halfClosed'> & Pick<ClientOptions, 'reconnect'>
>

const rules: OptionRules<OwnOptions> = {
  overflow: ['disconnect', 'drop-oldest', 'drop-newest', 'conflate', 'block'],
  to: () => {},
  inboxMessagesMax: { min: 1, max: 100_000_000, unit: 'messages', isWhole: true },
  inboxBytesMax: { min: 1, max: Number.MAX_SAFE_INTEGER, unit: 'bytes', isWhole: true },
  halfClosed: ['keep', 'end'],
  reconnect: [true, false],
}

const limits = { to: undefined, inboxMessagesMax: 65_536, inboxBytesMax: 16_777_216, reconnect: false }

/** Throws `UsageError` for what is unknown or out of its range. Options of others are to be taken out before. */
export function resolveOwn(
  owner: string,
  given: object,
  defaults: Pick<OwnOptions, 'overflow' | 'halfClosed'>,
): OwnOptions {
  return checkedOptions<Partial<OwnOptions>>(owner, given, { ...limits, ...defaults }, rules) as OwnOptions
}

/** A link that refuses what it has no room for makes its actor wait: that is how it blocks. */
export function linkOptions(link: Omit<LinkOptions, 'overflow'> | undefined, overflow: BroadcastOverflow): LinkOptions {
  return { ...link, overflow: overflow === 'block' ? 'reject' : overflow }
}
