import type { ActorRef, SpawnOptions } from 'troupe'
import type { CodecSpec } from '../codec/codec-spec.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import { resolveLinkOptions } from '../connection/link-options.ts'
import { dial, dialBackoff, type Spawner } from '../connection/listen.ts'
import {
  BroadcastClient,
  type ClientSettings,
  type DuplexClient,
  type ReceiverClient,
  type SenderClient,
} from './broadcast-client.actor.ts'
import { BroadcastLink } from './broadcast-link.actor.ts'
import {
  type ClientOptions,
  linkOptions,
  type ReceivingOptions,
  resolveOwn,
  type SendingOptions,
} from './broadcast-options.ts'

export type ReceiverClientOptions<T = unknown> = ClientOptions & ReceivingOptions<T>
export type SenderClientOptions = ClientOptions & SendingOptions
export type DuplexClientOptions<R = unknown> = ClientOptions & SendingOptions & ReceivingOptions<R>

/**
 * One of many consumers: `receiveBroadcast<Sample>(system, 'tcp://example.org:7000', { kind: 'json' })`. `ready()` of the answer rejects
 * if it cannot connect, unless it shall `reconnect`. Values wait in its queue, or go to the actor `to`; while there is no room,
 * the socket is not read. Throws `UsageError` for options that are none.
 */
export function receiveBroadcast<T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: ReceiverClientOptions<T> = {},
): ActorRef<ReceiverClient<T>> {
  return connectClient(spawner, 'receiveBroadcast', endpoint, codec, options, false)
}

/** One of many producers. With `reconnect`, what is sent while there is no connection waits in its mailbox. */
export function dialSender<T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: SenderClientOptions = {},
): ActorRef<SenderClient<T>> {
  const { spawn, link, connectTimeoutMs, ...given } = options
  const { overflow, reconnect } = resolveOwn('dialSender', given, { overflow: 'block', halfClosed: 'end' })
  resolveLinkOptions(linkOptions(link, overflow))
  const settings = {
    codec,
    destination: undefined,
    halfClosed: 'end',
    endsAtOnce: false,
    role: reconnect ? 'again' : 'once',
  } as const
  const dialling = {
    ...spawning(spawn, reconnect),
    link: linkOptions(link, overflow),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  }
  return dial(spawner, BroadcastLink, endpoint, [settings], dialling) as ActorRef<never> as ActorRef<SenderClient<T>>
}

/** Sends and receives. */
export function dialDuplex<T, R = T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: DuplexClientOptions<R> = {},
): ActorRef<DuplexClient<T, R>> {
  return connectClient(spawner, 'dialDuplex', endpoint, codec, options, true)
}

function connectClient<P>(
  spawner: Spawner,
  owner: string,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: DuplexClientOptions<never>,
  sends: boolean,
): ActorRef<P> {
  const { spawn, link, connectTimeoutMs, ...given } = options
  const own = resolveOwn(owner, given, { overflow: 'block', halfClosed: 'end' })
  const { to, inboxMessagesMax, inboxBytesMax, reconnect } = own
  resolveLinkOptions(linkOptions(link, own.overflow))
  const settings: ClientSettings = {
    codec,
    sends,
    reconnect,
    connectTimeoutMs,
    to,
    inboxMessagesMax,
    inboxBytesMax,
    link: linkOptions(link, own.overflow),
  }
  const url = formatEndpoint(resolveEndpoint(endpoint))
  return spawner.spawn(BroadcastClient as never, [url, settings] as never, spawning(spawn, reconnect)) as ActorRef<P>
}

/** Without `reconnect` its life is that of one connection: nothing is started again. */
function spawning(spawn: SpawnOptions | undefined, reconnect: boolean): SpawnOptions {
  return reconnect ? { restart: 'transient', backoff: dialBackoff, ...spawn } : { restart: 'temporary', ...spawn }
}
