import type { Socket } from 'node:net'

/**
 * Calls `step` until it answers false for "no more" or the socket has enough; goes on when it has drained. Resolves after
 * the last step.
 */
export function pump(socket: Socket, step: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const run = (): void => {
      while (!socket.writableNeedDrain) {
        if (step()) continue
        socket.off('drain', run)
        resolve()
        return
      }
    }
    socket.on('drain', run)
    run()
  })
}
