import type { Tally } from '../harness/bench-case.ts'

/** Where one listens and connects, as node:net takes it. Port 0: any that is free. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/** Takes messages of any number of connections. */
export interface ReceiverEnd {
  address(): Promise<Address>
  /** Resolves when so many messages have come since the last call resolved, with what `Arrivals` counted. */
  receive(count: number): Promise<Tally>
}

export interface SenderEnd {
  /** Sends so many messages, numbered from 0, the first byte as in `messageViews`. Resolves when none is kept back. */
  send(count: number): Promise<void>
}

export interface ServerEnd {
  address(): Promise<Address>
}

export interface CallerEnd {
  /** Has one message echoed and checks what comes back. */
  call(index: number): Promise<void>
}

export interface BroadcasterEnd {
  address(): Promise<Address>
  /** Resolves when so many clients are there. */
  joined(clients: number): Promise<void>
  /** Sends so many messages to every client. */
  publish(rounds: number): Promise<void>
}

export interface AudienceEnd {
  /** As of `ReceiverEnd`, over all clients that read. */
  receive(count: number): Promise<Tally>
}

/**
 * What a contender of the benches of connections brings: a start function for each end of each case. Any end may be started
 * in another process or thread than the rest, from the module that exports them as `ends`. Messages are bytes with their
 * length in front, 32 bits little-endian, unless the contender has a protocol of its own for both ends.
 */
export interface Ends {
  receiver(at: Address): Promise<ReceiverEnd>
  sender(to: Address, messageBytes: number): Promise<SenderEnd>
  /** Sends back every message. */
  echo(at: Address): Promise<ServerEnd>
  /** Keeps one connection for all its calls. */
  caller(to: Address, messageBytes: number): Promise<CallerEnd>
  /** A connection for each call: connected, used once, closed. */
  visitor(to: Address, messageBytes: number): Promise<CallerEnd>
  broadcaster(at: Address, messageBytes: number): Promise<BroadcasterEnd>
  /** So many clients, of which the last `stalled` never read. Started when all are connected. */
  audience(to: Address, clients: number, stalled: number): Promise<AudienceEnd>
  broker(at: Address): Promise<ServerEnd>
  publisher(to: Address, messageBytes: number): Promise<SenderEnd>
  /** Started when it is subscribed. Its address is that of the broker. */
  subscriber(to: Address): Promise<ReceiverEnd>
}
