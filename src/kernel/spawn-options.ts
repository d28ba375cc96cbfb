import { UsageError } from '../base/errors.ts'
import { resolveOptions } from '../base/options.ts'
import type { ActorRef } from './actor-ref.ts'
import { MESSAGE_BYTES } from './mailbox.ts'
import { type MailboxOptions, mailboxDefaults, resolveMailboxOptions } from './mailbox-options.ts'
import { isRef } from './ref.ts'
import {
  type ChildOptions,
  childDefaults,
  type ResolvedChildOptions,
  resolveChildOptions,
} from './supervision/child-options.ts'

/**
 * The thread an actor lives on, chosen once. `here`: the caller's. `any`: the one with the fewest actors. `pinned`: one of
 * its own. `{ key }`: always the same one for a key. `{ with }`: that actor's.
 */
export type Placement = 'here' | 'any' | 'pinned' | { readonly key: string } | { readonly with: ActorRef<never> }

/** What one child is: how it is placed, restarted, stopped, and how much it may queue. */
export interface SpawnOptions extends ChildOptions {
  /** Unique among its siblings; letters, digits and `-_.:@`, at most 200. @default a number */
  readonly name?: string
  /** @default 'here' for a child, 'any' for a top-level actor */
  readonly placement?: Placement
  readonly mailbox?: MailboxOptions
}

export interface ResolvedMailbox extends Required<MailboxOptions> {
  /** True when a message may be treated in another way than queued or rejected, also while there is room. */
  readonly isSpecial: boolean
  /** Messages up to which an ordinary one is simply queued; 0 if none is ordinary here. */
  readonly plainMax: number
  /** Bytes up to which there is room for an ordinary message. */
  readonly plainBytesMax: number
}

export interface ResolvedSpawnOptions extends ResolvedChildOptions {
  readonly mailbox: ResolvedMailbox
}

const ordinaryMailbox: ResolvedMailbox = Object.freeze({
  ...mailboxDefaults,
  isSpecial: false,
  plainMax: mailboxDefaults.messagesMax,
  plainBytesMax: mailboxDefaults.bytesMax - MESSAGE_BYTES,
})

/** Shared by all actors spawned without options: 100,000 of them cost nothing here. */
export const spawnDefaults: ResolvedSpawnOptions = Object.freeze({ ...childDefaults, mailbox: ordinaryMailbox })

/** As they travel to another thread: what all have already stays here. */
export function travelling(options: ResolvedSpawnOptions): ResolvedSpawnOptions | undefined {
  return options === spawnDefaults ? undefined : options
}

/** Name and placement are looked at where the actor is spawned. */
export function resolveSpawnOptions(options: SpawnOptions | undefined): ResolvedSpawnOptions {
  if (options === undefined) return spawnDefaults
  checkNames(options)
  const { name, placement, mailbox, backoff, onFailure, parkOn } = options
  checkName(name)
  checkPlacement(placement)
  const isPlain = mailbox === undefined && backoff === undefined && onFailure === undefined && parkOn === undefined
  return isPlain ? resolvePlain(options) : resolve(options)
}

/** What was resolved from options without parts. */
interface PlainOptions {
  readonly restart: unknown
  readonly shutdownMs: unknown
  readonly stopping: unknown
  readonly significant: unknown
  readonly resolved: ResolvedSpawnOptions
}

const PLAIN_KEPT = 8
const plainOnes: PlainOptions[] = []
let plainCount = 0

/** Actors by the thousand have the same few options: they share what was resolved of them. */
function resolvePlain(options: SpawnOptions): ResolvedSpawnOptions {
  const { restart, shutdownMs, stopping, significant } = options
  if (restart === undefined && shutdownMs === undefined && stopping === undefined && significant === undefined) {
    return spawnDefaults
  }
  for (const known of plainOnes) {
    const isSame = known.restart === restart && known.shutdownMs === shutdownMs
    if (isSame && known.stopping === stopping && known.significant === significant) return known.resolved
  }
  const resolved = resolve(options)
  plainOnes[plainCount++ % PLAIN_KEPT] = { restart, shutdownMs, stopping, significant, resolved }
  return resolved
}

function resolve({ name: _name, placement: _placement, mailbox, ...child }: SpawnOptions): ResolvedSpawnOptions {
  return Object.freeze({
    ...resolveChildOptions(child),
    mailbox: mailbox === undefined ? ordinaryMailbox : resolveMailbox(mailbox),
  })
}

const NAMES = Object.freeze({ name: undefined, placement: undefined, ...spawnDefaults })

/** Here, where all of them are known: what is misspelt may be meant for any part. */
function checkNames(options: SpawnOptions): void {
  const isKnown = typeof options === 'object' && options !== null && Object.keys(options).every((key) => key in NAMES)
  if (!isKnown) resolveOptions<object>(options, NAMES, 'spawn')
}

function resolveMailbox(options: MailboxOptions): ResolvedMailbox {
  const resolved = resolveMailboxOptions(options)
  const isSpecial = resolved.overflow === 'conflate' || resolved.retain || resolved.ttlMs !== Number.POSITIVE_INFINITY
  const plainMax = isSpecial ? 0 : resolved.messagesMax
  return Object.freeze({ ...resolved, isSpecial, plainMax, plainBytesMax: resolved.bytesMax - MESSAGE_BYTES })
}

/** For definitions that say themselves how large a message is. */
export function withoutPlainMessages(options: ResolvedSpawnOptions): ResolvedSpawnOptions {
  return Object.freeze({ ...options, mailbox: Object.freeze({ ...options.mailbox, plainMax: 0 }) })
}

export function checkPlacement(placement: unknown): void {
  if (placement === undefined || placement === 'here' || placement === 'any' || placement === 'pinned') return
  const { key, with: neighbour } = (placement ?? {}) as { key?: unknown; with?: unknown }
  if (typeof key === 'string' || isRef(neighbour)) return
  throw new UsageError(
    'invalid-option',
    `spawn: placement must be 'here', 'any', 'pinned', { key: string } or { with: ref }, got ${String(placement)}`,
  )
}

function checkName(name: unknown): void {
  if (name === undefined || (typeof name === 'string' && /^[\w.:@-]{1,200}$/.test(name))) return
  throw new UsageError('invalid-name', `spawn: name must be 1 to 200 letters, digits, or -_.:@, got '${String(name)}'`)
}
