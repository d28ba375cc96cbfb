import type { Socket } from 'node:dgram'
import { type ActorRef, implement, type SpawnOptions, systemRandom, type TroupeError } from 'troupe'
import { type EndpointOptions, formatEndpoint } from '../connection/endpoint.ts'
import type { Spawner } from '../connection/listen.ts'
import { DatagramSequence } from './datagram-sequence.ts'
import { datagramEndpoint, openSending } from './datagram-socket.ts'

/** Counts since the sender was started. */
export interface DatagramSenderStatistics {
  /** What receivers know it by. */
  readonly senderId: number
  readonly sentMessages: number
  readonly sentBytes: number
  /** The operating system refused them, as it does while nobody listens on a port of this machine. They count as lost at receivers. */
  readonly failedMessages: number
  /** Too many were on their way already. They have no number. */
  readonly droppedMessages: number
}

export interface DatagramSenderProtocol {
  /**
   * Sends one datagram. Answers undefined, `dropped` while 4 MiB are on their way to the operating system, or the error: `message-too-large`
   * with both numbers.
   */
  send(message: Uint8Array): TroupeError | 'dropped' | undefined
  statistics(): DatagramSenderStatistics
}

interface SenderState {
  readonly socket: Socket
  readonly sequence: DatagramSequence
  readonly counts: { sent: number; bytes: number; failed: number; dropped: number; lastError: string }
}

/** On their way to the operating system. Bytes. */
const QUEUE_BYTES_MAX = 4_194_304

/** Sends datagrams with numbers, to one receiver or a group. Spawned by `sendDatagrams`. */
export const DatagramSender = implement<DatagramSenderProtocol>()({
  name: 'DatagramSender',
  module: import.meta.url,
  async start(self, url: string): Promise<SenderState> {
    const socket = await openSending(datagramEndpoint(url))
    const counts = { sent: 0, bytes: 0, failed: 0, dropped: 0, lastError: '' }
    const { log } = self
    socket.on('error', (error) => {
      counts.failed++
      if (error.message === counts.lastError) return
      counts.lastError = error.message
      log.info({ err: error }, `a datagram to ${url} could not be sent`)
    })
    return { socket, sequence: new DatagramSequence(systemRandom), counts }
  },
  on: {
    send({ state: { socket, sequence, counts } }, message) {
      if (socket.getSendQueueSize() > QUEUE_BYTES_MAX) {
        counts.dropped++
        return 'dropped'
      }
      try {
        const datagram = sequence.encode(message)
        socket.send(datagram)
        counts.sent++
        counts.bytes += datagram.length
        return undefined
      } catch (error) {
        return error as TroupeError
      }
    },
    statistics: ({ state: { sequence, counts } }) => ({
      senderId: sequence.senderId,
      sentMessages: counts.sent,
      sentBytes: counts.bytes,
      failedMessages: counts.failed,
      droppedMessages: counts.dropped,
    }),
  },
  stop: ({ state }) => new Promise<void>((resolve) => state.socket.close(() => resolve())),
})

/**
 * Starts a sender: `sendDatagrams(system, 'udp://239.1.2.3:5000?ttl=2')`. Values are encoded by whoever sends: `sender.tell.send(codec.encode(value))`.
 */
export function sendDatagrams(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  spawn?: SpawnOptions,
): ActorRef<DatagramSenderProtocol> {
  const url = formatEndpoint(datagramEndpoint(endpoint))
  return spawner.spawn(DatagramSender as never, [url] as never, spawn) as ActorRef<DatagramSenderProtocol>
}
