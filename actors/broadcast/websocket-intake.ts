import type { ActorRef, TroupeError } from 'troupe'
import type { WebSocket } from 'ws'
import type { LinkKeeper, Undecodable } from './broadcast-link.actor.ts'

export interface WebSocketEvents {
  ignored(): void
  undecodable(text: string): void
}

/**
 * Gives an actor what its socket brings. The socket is not read until that is taken; what came in one read waits here. The actor may
 * have gone meanwhile: then the socket is ended.
 */
export function giveMessages(
  socket: WebSocket,
  from: string,
  keeper: ActorRef<LinkKeeper>,
  events: WebSocketEvents,
): void {
  let waiting: Buffer[] = []
  let isGiving = false
  const giveAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const messages = waiting
      waiting = []
      const undecodable = await given(keeper, from, messages)
      if (undecodable === undefined) continue
      events.undecodable(undecodable.text)
      waiting = messages.slice(undecodable.index + 1).concat(waiting)
    }
    isGiving = false
    socket.resume()
  }
  socket.on('message', (data, isBinary) => {
    if (!isBinary) return events.ignored()
    waiting.push(data as Buffer)
    if (isGiving) return
    isGiving = true
    socket.pause()
    giveAll().catch(() => socket.terminate())
  })
}

async function given(
  keeper: ActorRef<LinkKeeper>,
  from: string,
  messages: readonly Buffer[],
): Promise<Undecodable | undefined> {
  const bytes = messages.length === 1 ? (messages[0] as Buffer) : Buffer.concat(messages)
  let end = 0
  const ends = Uint32Array.from(messages, ({ length }) => (end += length))
  const { ask } = keeper.with({ deadlineMs: Number.POSITIVE_INFINITY })
  for (;;) {
    try {
      return await ask.arrived(from, bytes, ends)
    } catch (error) {
      if ((error as TroupeError).code !== 'mailbox-full') throw error
      await keeper.ready()
    }
  }
}
