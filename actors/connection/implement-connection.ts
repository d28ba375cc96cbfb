import {
  type ActorDefinition,
  type ActorRef,
  type ExitReason,
  implement,
  type Self,
  type SendResult,
  systemClock,
  type TroupeError,
  UnreachableError,
} from 'troupe'
import { connect } from './connect.ts'
import { type Endpoint, formatEndpoint } from './endpoint.ts'
import type { Framing } from './framing.ts'
import { loadFraming } from './framing-spec.ts'
import { Link, type LinkHandlers, type LinkOwner, type LinkStatistics } from './link.ts'
import { type LinkOptions, type ResolvedLinkOptions, resolveLinkOptions } from './link-options.ts'
import { type LinkObserver, type ShelvedSocket, socketShelf } from './socket-shelf.ts'

/** What every connection actor understands beside its own messages. */
export interface LinkProtocol {
  /** Its socket has news: sent by the link, to its own actor. */
  linkNews(): void
  /** Time to look whether the link has waited too long. */
  linkLook(): void
  linkStatistics(): LinkStatistics
  /** Sends what is queued and closes, as `normal`. */
  endLink(): void
}

/** Where a connection comes from: the number of an accepted socket on this thread's shelf, or whom to connect to. */
export type LinkSource = number | { readonly endpoint: Endpoint; readonly timeoutMs: number }

export type ConnectionDefinition<A extends unknown[], P = unknown> = ActorDefinition<
  [source: LinkSource, options: LinkOptions, ...args: A],
  P & LinkProtocol
>

type Rest<F> = F extends (...args: infer A) => infer R ? [A, R] : never
type HandlersOf<P, S> = {
  readonly [K in keyof P]: (
    self: Self<S, P & LinkProtocol>,
    ...args: Rest<P[K]> extends [infer A extends unknown[], unknown] ? A : never
  ) => unknown
}

/** An actor that owns one connection, accepted or opened by itself. */
export interface ConnectionBehavior<A extends unknown[], S, P> {
  /** As of `implement`. */
  readonly name: string
  /** As of `implement`: `import.meta.url`. */
  readonly module: string
  /** How its stream is cut into messages; gets what `start` gets behind the link. @default what the option `framing` of the link says */
  readonly framing?: (...args: never[]) => Framing
  /** Answers the state. The link is open; nothing is read before this is done. */
  readonly start: (self: Self<NoInfer<S>, P & LinkProtocol>, link: Link, ...args: A) => S | Promise<S>
  /**
   * One message of the peer. The view is valid until this returns or first awaits. While an answered promise is pending, the
   * next message waits, and so does the peer.
   */
  readonly frame: (self: Self<S, P & LinkProtocol>, link: Link, message: Uint8Array) => unknown
  /** All messages that one read has brought have been passed to `frame`. */
  readonly batchEnd?: (self: Self<S, P & LinkProtocol>, link: Link) => unknown
  /** The queue is half empty again, after `send` had answered `queue-full`. */
  readonly drained?: (self: Self<S, P & LinkProtocol>, link: Link) => unknown
  /** The peer has ended its side. @default ends this side too */
  readonly ended?: (self: Self<S, P & LinkProtocol>, link: Link) => unknown
  /**
   * The connection is closed; afterwards the actor ends. @param error why, or undefined when both sides had ended.
   */
  readonly closed?: (self: Self<S, P & LinkProtocol>, link: Link, error: TroupeError | undefined) => unknown
  /** Handlers of its own messages. */
  readonly on: HandlersOf<P, S>
  readonly signals?: { down?(self: Self<S, P & LinkProtocol>, ref: ActorRef, reason: ExitReason): unknown }
  readonly stop?: (self: Self<S, P & LinkProtocol>, reason: ExitReason) => unknown
}

/** A link and what its actor must remember about it. */
interface Held {
  readonly link: Link
  readonly observer: ActorRef<LinkObserver> | undefined
  /** One that was dialled fails with its connection, so that its supervisor brings it back. */
  readonly isDialled: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: inside, nobody knows the protocol
type AnySelf = Self<any, any>

const links = new WeakMap<object, Held>()

/**
 * Defines a connection actor: `implementConnection<Protocol>()({ … })`. Its life is the connection's. Spawn it with `listen`, one for
 * each connection that is accepted, or with `dial`: then it fails with its connection, and connects again when its supervisor
 * starts it again.
 */
export function implementConnection<P = unknown>(): <A extends unknown[], S>(
  behavior: ConnectionBehavior<A, S, P>,
) => ConnectionDefinition<A, P> {
  return (behavior) => connectionActor(behavior as unknown as AnyBehavior) as never
}

// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyBehavior = ConnectionBehavior<any[], any, Record<string, (...args: never[]) => unknown>>

function connectionActor(
  behavior: AnyBehavior,
): ActorDefinition<[LinkSource, LinkOptions, ...unknown[]], LinkProtocol> {
  const { name, module, signals, stop } = behavior
  return implement<LinkProtocol>()({
    name,
    module,
    ...(signals !== undefined && { signals: signals as object }),
    start: (self, source: LinkSource, options: LinkOptions, ...args: unknown[]) =>
      start(behavior, self, source, options, args),
    on: {
      ...(behavior.on as object),
      linkNews: (self) => links.get(self)?.link.handle() as undefined,
      linkLook: (self) => links.get(self)?.link.look(),
      linkStatistics: (self) => heldBy(self).link.statistics,
      endLink: (self) => links.get(self)?.link.end(),
    },
    async stop(self, reason) {
      const { link, observer } = heldBy(self)
      try {
        await stop?.(self as AnySelf, reason)
        if (reason.kind === 'normal' || reason.kind === 'shutdown') await link.finish()
      } finally {
        link.destroy()
        observer?.tell.linkClosed(self.path, link.statistics, link.errorCode)
      }
    },
  })
}

async function start(
  behavior: AnyBehavior,
  self: AnySelf,
  source: LinkSource,
  given: LinkOptions,
  args: unknown[],
): Promise<unknown> {
  const options = resolveLinkOptions(given)
  const shelved = await socketOf(source)
  try {
    const framing =
      behavior.framing === undefined ? await loadFraming(options.framing) : behavior.framing(...(args as never[]))
    const link = open(self, shelved, framing, options, typeof source !== 'number')
    const state: unknown = await behavior.start(self, link, ...args)
    // Handlers find their state once this has been answered; what is read meanwhile waits as a message.
    link.open(new Handlers(behavior, self, link))
    return state
  } catch (error) {
    shelved.socket.destroy()
    links.get(self)?.link.destroy()
    throw error
  }
}

/** The socket is this actor's now, whatever becomes of it. */
async function socketOf(source: LinkSource): Promise<ShelvedSocket> {
  if (typeof source === 'number') {
    const shelved = socketShelf.take(source)
    // Restarted: the connection died with the incarnation that had it.
    if (shelved === undefined)
      throw new UnreachableError('connection-closed', `socket ${source} has been taken already`)
    return shelved
  }
  const { endpoint, timeoutMs } = source
  return { socket: await connect(endpoint, timeoutMs), remote: formatEndpoint(endpoint) }
}

function open(
  self: AnySelf,
  { socket, remote, observer }: ShelvedSocket,
  framing: Framing,
  options: ResolvedLinkOptions,
  isDialled: boolean,
): Link {
  const link = new Link(socket, remote, new Owner(self), framing, options)
  links.set(self, { link, observer, isDialled })
  return link
}

/** The actor as its link sees it. A class: there are as many as connections, and closures are five times as large. */
class Owner implements LinkOwner {
  readonly #ref: ActorRef<LinkProtocol>
  readonly #timers: AnySelf['timers']

  constructor(self: AnySelf) {
    this.#timers = self.timers // throws for an incarnation that has ended meanwhile
    this.#ref = self.ref as ActorRef<LinkProtocol>
  }

  tell(): SendResult {
    return this.#ref.tell.linkNews()
  }

  ready(): Promise<void> {
    return this.#ref.ready()
  }

  lookAfter(ms: number): void {
    this.#timers.once('link', ms, 'linkLook')
  }

  nowMs(): number {
    return systemClock.nowMs()
  }
}

/** What its behavior does about what happens on the link. */
class Handlers implements LinkHandlers {
  readonly #behavior: AnyBehavior
  readonly #self: AnySelf
  readonly #link: Link

  constructor(behavior: AnyBehavior, self: AnySelf, link: Link) {
    this.#behavior = behavior
    this.#self = self
    this.#link = link
  }

  frame(message: Uint8Array): unknown {
    return this.#behavior.frame(this.#self, this.#link, message)
  }

  batchEnd(): unknown {
    return this.#behavior.batchEnd?.(this.#self, this.#link)
  }

  drained(): unknown {
    return this.#behavior.drained?.(this.#self, this.#link)
  }

  ended(): unknown {
    return (this.#behavior.ended ?? endToo)(this.#self, this.#link)
  }

  closed(error: TroupeError | undefined): unknown {
    return closed(this.#behavior, this.#self, this.#link, error)
  }
}

async function closed(behavior: AnyBehavior, self: AnySelf, link: Link, error: TroupeError | undefined): Promise<void> {
  await (behavior.closed ?? nothing)(self, link, error)
  const { isDialled } = heldBy(self)
  if (isDialled && error !== undefined && !link.wasEnded) throw error
  if (error !== undefined) self.log.info({ remote: link.remote, code: error.code }, error.message)
  self.stop()
}

const nothing: NonNullable<AnyBehavior['closed']> = () => {}
const endToo: NonNullable<AnyBehavior['ended']> = (_self, link) => link.end()

function heldBy(self: object): Held {
  return links.get(self) as Held
}
