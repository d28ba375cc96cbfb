import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that operating systems give to clients: nobody who connects can be given it meanwhile, not even who dials this very port. */
const FIRST = 20_000
const COUNT = 10_000
const ATTEMPTS_MAX = 100

/** A free port of the loopback interface that can be listened on again and again, also after a pause. */
export async function lastingPort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`none of ${ATTEMPTS_MAX} ports from ${FIRST} on is free`)
}
