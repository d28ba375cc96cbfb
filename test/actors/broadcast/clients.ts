import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ActorRef, ActorSystem } from 'troupe'
import { type BroadcastServerOptions, LengthPrefixFraming, type SenderServer, serveBroadcast } from 'troupe/actors'
import { expect } from 'vitest'
import { eventually } from '../../support/eventually.ts'

export const json = { kind: 'json' } as const
export const raw = { kind: 'raw' } as const
export const anywhere = 'tcp://127.0.0.1:0'

/** A server that is ready, and where it listens. */
export async function served<T>(
  system: ActorSystem,
  options: BroadcastServerOptions = {},
  codec: Parameters<typeof serveBroadcast>[2] = json,
): Promise<{ server: ActorRef<SenderServer<T>>; endpoint: string }> {
  const server = serveBroadcast<T>(system, anywhere, codec, { threads: 2, ...options })
  await server.ready()
  return { server, endpoint: await server.ask.endpoint() }
}

export function hasClients(server: ActorRef<SenderServer<never>>, count: number): Promise<void> {
  return eventually(async () => expect(await server.ask.clientCount()).toBe(count))
}

/** A client that is no actor: what it gets is cut into messages and kept. */
export class ScriptedClient {
  readonly socket: Socket
  readonly texts: string[] = []
  isEnded = false
  readonly #framing = new LengthPrefixFraming()

  private constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.socket.on('error', () => {})
  }

  static async connect(endpoint: string): Promise<ScriptedClient> {
    const client = new ScriptedClient(endpoint)
    await once(client.socket, 'connect')
    return client
  }

  /** Without this it never reads. */
  read(): void {
    this.socket.on('data', (chunk) =>
      this.#framing.push(chunk, (message) => this.texts.push(Buffer.from(message).toString('latin1'))),
    )
    this.socket.on('end', () => {
      this.isEnded = true
    })
  }

  destroy(): void {
    this.socket.destroy()
  }
}
