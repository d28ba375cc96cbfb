import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { UnreachableError, UsageError } from 'troupe'
import {
  type EndpointOptions,
  formatEndpoint,
  isMulticast,
  resolveEndpoint,
  type UdpEndpoint,
} from '../connection/endpoint.ts'

/** The endpoint, if it is one for datagrams. Throws `invalid-endpoint`. */
export function datagramEndpoint(from: string | EndpointOptions): UdpEndpoint {
  const endpoint = resolveEndpoint(from)
  if (endpoint.protocol === 'udp') return endpoint
  throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: datagrams need an endpoint udp://host:port`)
}

/** A socket to send to the endpoint from. Rejects with `io`. */
export async function openSending(endpoint: UdpEndpoint): Promise<Socket> {
  const socket = socketFor(endpoint, false)
  const { host, port, ttl, loopback, interface: own } = endpoint
  try {
    await bound(socket, { port: 0 })
    if (isMulticast(endpoint)) {
      socket.setMulticastTTL(ttl)
      socket.setMulticastLoopback(loopback !== false)
      if (own !== undefined) socket.setMulticastInterface(own)
    } else {
      socket.setTTL(ttl)
    }
    // What is sent needs no look-up of its address any more.
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.connect(port, host, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return socket
  } catch (error) {
    socket.close()
    throw failed(`cannot send to ${formatEndpoint(endpoint)}`, error)
  }
}

/**
 * A socket that receives what is sent to the endpoint; nothing is lost before somebody listens, since it is answered in the turn in which it
 * is bound. A group may have any number of receivers on one machine. Rejects with `io`.
 */
export async function openReceiving(endpoint: UdpEndpoint): Promise<Socket> {
  const isGroup = isMulticast(endpoint)
  const socket = socketFor(endpoint, isGroup)
  const { host, port, interface: own } = endpoint
  try {
    await bound(socket, { port, address: host, exclusive: !isGroup })
    if (isGroup) socket.addMembership(host, own)
    return socket
  } catch (error) {
    socket.close()
    throw failed(`cannot receive on ${formatEndpoint(endpoint)}`, error)
  }
}

function socketFor({ host }: UdpEndpoint, reuseAddr: boolean): Socket {
  return createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reuseAddr })
}

function bound(socket: Socket, options: { port: number; address?: string; exclusive?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(options, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

function failed(what: string, error: unknown): UnreachableError {
  return new UnreachableError('io', `${what}: ${(error as Error).message}`, { cause: error })
}
