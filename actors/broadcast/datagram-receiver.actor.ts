import type { Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { type ActorRef, implement, type SpawnOptions } from 'troupe'
import { type EndpointOptions, formatEndpoint } from '../connection/endpoint.ts'
import type { Spawner } from '../connection/listen.ts'
import { checkedOptions } from '../connection/option-check.ts'
import { DATAGRAM_HEADER_BYTES, datagramSenderId, datagramSequence } from './datagram-sequence.ts'
import { datagramEndpoint, openReceiving } from './datagram-socket.ts'
import type { LossCounts } from './loss-counter.ts'
import { MessageStream } from './message-stream.ts'
import { SenderLosses } from './sender-losses.ts'

/** Who gets what a receiver receives. */
export interface DatagramTarget {
  received(message: Uint8Array, senderId: number): void
}

export interface DatagramReceiverStatistics {
  /** Of all senders together. */
  readonly losses: LossCounts
  readonly senders: number
  /** Open now. */
  readonly streams: number
  /** Shorter than the header. */
  readonly malformedCount: number
  /** Received, and dropped because the mailbox of the target or a stream had no room. One that has no place in three streams counts three times. */
  readonly droppedMessages: number
}

export interface DatagramReceiverProtocol {
  /** Where it receives, with the port that the operating system chose. */
  endpoint(): string
  statistics(): DatagramReceiverStatistics
  /** Of one sender; undefined if it was never heard, or is forgotten. */
  lossesOf(senderId: number): LossCounts | undefined
  /** Messages from now on, doubled ones and those that come too late left out. What finds `queueMessagesMax` waiting is dropped and counted. */
  messages(): AsyncGenerator<Uint8Array, undefined, undefined>
}

export interface DatagramReceiverOptions {
  /** Who gets each message. @default nobody but streams */
  readonly target?: ActorRef<DatagramTarget> | undefined
  /** What waits in a stream until it is read. Count, 1 to 1,000,000. @default 1_024 */
  readonly queueMessagesMax?: number
  /** As of `SenderLosses`. Count, 1 to 65,536. @default 256 */
  readonly sendersMax?: number
}

interface ReceiverState {
  readonly endpoint: string
  readonly options: Required<DatagramReceiverOptions>
  readonly socket: Socket
  readonly losses: SenderLosses
  readonly streams: Set<MessageStream>
  readonly counts: { malformed: number; dropped: number }
}

/** Receives datagrams with numbers, and counts what is missing. Spawned by `receiveDatagrams`. */
export const DatagramReceiver = implement<DatagramReceiverProtocol>()({
  name: 'DatagramReceiver',
  module: import.meta.url,
  start: (self, url: string, given: DatagramReceiverOptions): Promise<ReceiverState> =>
    start(url, given, (error) => self.log.warn({ err: error }, `receiving on ${url}`)).catch((error: Error) => {
      // No restart cures a port in use or an option that is wrong.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoint: ({ state }) => state.endpoint,
    statistics: ({ state: { losses, counts, streams } }) => ({
      losses: losses.totals,
      senders: losses.senders,
      streams: streams.size,
      malformedCount: counts.malformed,
      droppedMessages: counts.dropped,
    }),
    lossesOf: ({ state }, senderId) => state.losses.countsOf(senderId),
    messages({ state: { streams, options } }) {
      const stream = new MessageStream(options.queueMessagesMax, () => streams.delete(stream))
      streams.add(stream)
      return stream
    },
  },
  stop: ({ state }) => new Promise<void>((resolve) => state.socket.close(() => resolve())),
})

async function start(
  url: string,
  given: DatagramReceiverOptions,
  warn: (error: Error) => void,
): Promise<ReceiverState> {
  const endpoint = datagramEndpoint(url)
  const options = checkedOptions<DatagramReceiverOptions>(
    'receiveDatagrams',
    given,
    { target: undefined, queueMessagesMax: 1_024, sendersMax: 256 },
    {
      target: () => {},
      queueMessagesMax: { min: 1, max: 1_000_000, unit: 'messages', isWhole: true },
      sendersMax: { min: 1, max: 65_536, unit: 'senders', isWhole: true },
    },
  )
  const socket = await openReceiving(endpoint)
  const state: ReceiverState = {
    endpoint: formatEndpoint({ ...endpoint, port: (socket.address() as AddressInfo).port }),
    options,
    socket,
    losses: new SenderLosses({ sendersMax: options.sendersMax }),
    streams: new Set(),
    counts: { malformed: 0, dropped: 0 },
  }
  socket.on('message', (datagram) => take(state, datagram))
  socket.on('error', warn)
  return state
}

/** From the event of the socket: no handler runs for it, since all it does is to count and to pass on. */
function take({ options: { target }, losses, streams, counts }: ReceiverState, datagram: Buffer): void {
  if (datagram.length < DATAGRAM_HEADER_BYTES) {
    counts.malformed++
    return
  }
  const senderId = datagramSenderId(datagram)
  const arrival = losses.take(senderId, datagramSequence(datagram))
  if (arrival !== 'newest' && arrival !== 'late') return
  const { buffer, byteOffset, length } = datagram // memory of its own, which nobody else writes to
  const message = new Uint8Array(buffer, byteOffset + DATAGRAM_HEADER_BYTES, length - DATAGRAM_HEADER_BYTES)
  if (target !== undefined && target.tell.received(message, senderId) !== 'accepted') counts.dropped++
  for (const stream of streams) if (!stream.push(message)) counts.dropped++
}

/**
 * Starts a receiver: `receiveDatagrams(system, 'udp://0.0.0.0:5000', { target })`, or of a group. `ready()` of the answer rejects if the port is in
 * use. Values are decoded by whoever gets the message: `codec.decode(message)`.
 */
export function receiveDatagrams(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  options: DatagramReceiverOptions & { readonly spawn?: SpawnOptions } = {},
): ActorRef<DatagramReceiverProtocol> {
  const { spawn, ...receiver } = options
  const url = formatEndpoint(datagramEndpoint(endpoint))
  return spawner.spawn(DatagramReceiver as never, [url, receiver] as never, spawn) as ActorRef<DatagramReceiverProtocol>
}
