import type { ActorRef } from 'troupe'
import type { CodecSpec } from '../codec/codec-spec.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import { resolveLinkOptions } from '../connection/link-options.ts'
import type { Spawner } from '../connection/listen.ts'
import { resolveListenerOptions } from '../connection/listener-options.ts'
import {
  linkOptions,
  type ReceivingOptions,
  resolveOwn,
  type SendingOptions,
  type ServerOptions,
} from './broadcast-options.ts'
import {
  BroadcastServer,
  type DuplexServer,
  type ReceiverServer,
  type SenderServer,
  type ServerSettings,
} from './broadcast-server.actor.ts'

export type BroadcastServerOptions = ServerOptions & SendingOptions
export type ReceiverServerOptions<T = unknown> = ServerOptions & ReceivingOptions<T>
export type DuplexServerOptions<R = unknown> = ServerOptions & SendingOptions & ReceivingOptions<R>

/**
 * One producer, many consumers: `serveBroadcast<Sample>(system, 'tcp://0.0.0.0:7000', { kind: 'json' })`. What is sent in one turn is
 * encoded once, and lies in memory that all clients share, on whatever thread they are. What clients send is ignored. `ready()`
 * of the answer rejects if the address cannot be listened on. Throws `UsageError` for options that are none.
 */
export function serveBroadcast<T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: BroadcastServerOptions = {},
): ActorRef<SenderServer<T>> {
  return serve(spawner, 'serveBroadcast', endpoint, codec, options, false)
}

/** The reverse, many producers and one consumer: `recv` answers what any client has sent, and which. */
export function serveReceiver<T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: ReceiverServerOptions<T> = {},
): ActorRef<ReceiverServer<T>> {
  return serve(spawner, 'serveReceiver', endpoint, codec, options, true)
}

/** Both: receives from any client, sends to all of them or to one. */
export function serveDuplex<T, R = T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: DuplexServerOptions<R> = {},
): ActorRef<DuplexServer<T, R>> {
  return serve(spawner, 'serveDuplex', endpoint, codec, options, true)
}

function serve<P>(
  spawner: Spawner,
  owner: string,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: DuplexServerOptions<never>,
  receives: boolean,
): ActorRef<P> {
  const { spawn, link, overflow, halfClosed, to, inboxMessagesMax, inboxBytesMax, ...listener } = options
  const given = { overflow, halfClosed, to, inboxMessagesMax, inboxBytesMax }
  const own = resolveOwn(owner, given, { overflow: 'disconnect', halfClosed: receives ? 'end' : 'keep' })
  const { reconnect: _, ...rest } = own
  resolveListenerOptions(listener)
  resolveLinkOptions(linkOptions(link, own.overflow))
  const settings: ServerSettings = { ...rest, codec, receives, link, listener }
  const url = formatEndpoint(resolveEndpoint(endpoint))
  return spawner.spawn(BroadcastServer as never, [url, settings] as never, spawn) as ActorRef<P>
}
