import { once } from 'node:events'
import { createServer, type Server, type ServerOpts, type Socket } from 'node:net'
import type { Address } from './roles.ts'

export interface Listening {
  readonly server: Server
  /** With the port that was free. */
  readonly address: Address
}

/** A listener of node:net. A peer that goes away in the middle is missed in the counts. */
export async function listen(at: Address, options: ServerOpts, onSocket: (socket: Socket) => void): Promise<Listening> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(at)
  await once(server, 'listening')
  const bound = server.address()
  const address = typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : at
  return { server, address }
}
