import { connect, type NatsConnection } from '@nats-io/transport-node'
import { deferred } from '../harness/measure.ts'
import { Arrivals } from '../net/arrivals.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import type { Address, Ends, ReceiverEnd, SenderEnd, ServerEnd } from '../net/roles.ts'
import { startServer } from './server-process.ts'

/**
 * nats-server with its client for Node. The server throws out a subscriber that is 64 MiB behind, and the client queues
 * without a bound: so the subscriber grants credit, as it would have to.
 */
export const ends = { broker, publisher, subscriber } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

const TOPIC = 'bench'
const CREDIT_TOPIC = 'credit'
const CREDIT_STEP = 4_000
const WINDOW = 4 * CREDIT_STEP
/** Between two turns of the event loop, in which what was published is written. */
const PER_TURN = 500

async function broker(): Promise<ServerEnd> {
  const address = await startServer('nats-server', (port) => ['-a', '127.0.0.1', '-p', String(port)])
  return { address: async () => address }
}

async function publisher(to: Address, messageBytes: number): Promise<SenderEnd> {
  const connection = await connected(to)
  const views = messageViews(messageBytes)
  let credit = WINDOW
  let granted = deferred<void>()
  connection.subscribe(CREDIT_TOPIC, {
    callback: () => {
      credit += CREDIT_STEP
      granted.resolve()
    },
  })
  await connection.flush()
  return {
    send: async (count) => {
      for (let index = 0; index < count; index++) {
        if (credit === 0) {
          granted = deferred()
          await granted.promise
        }
        credit--
        connection.publish(TOPIC, messageAt(views, index))
        if (index % PER_TURN === PER_TURN - 1) await new Promise(setImmediate)
      }
      await connection.flush()
    },
  }
}

async function subscriber(to: Address): Promise<ReceiverEnd> {
  const connection = await connected(to)
  const arrivals = new Arrivals()
  let taken = 0
  connection.subscribe(TOPIC, {
    callback: (_error, message) => {
      arrivals.add(message.data)
      if (++taken % CREDIT_STEP === 0) connection.publish(CREDIT_TOPIC)
    },
  })
  await connection.flush()
  return { address: async () => to, receive: arrivals.receive }
}

function connected(to: Address): Promise<NatsConnection> {
  if (!('port' in to)) throw new Error('TCP only')
  return connect({ servers: `${to.host}:${to.port}` })
}
