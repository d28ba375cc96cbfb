import { windowed } from '../harness/measure.ts'
import { Arrivals } from '../net/arrivals.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import type { Address, Ends, ReceiverEnd, SenderEnd, ServerEnd } from '../net/roles.ts'
import { connected, mosquittoConfig } from './mosquitto.ts'
import { startServer } from './server-process.ts'

/** mosquitto with clients of mqtt.js at QoS 1: each hop acknowledges each message. As many under way as ours has. */
export const ends = { broker, publisher, subscriber } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

const TOPIC = 'bench'
const IN_FLIGHT = 1_024

async function broker(_at: Address): Promise<ServerEnd> {
  const address = await startServer('mosquitto', (port) => ['-c', mosquittoConfig(port, ['max_inflight_messages 0'])])
  return { address: async () => address }
}

async function publisher(to: Address, messageBytes: number): Promise<SenderEnd> {
  const client = await connected(to)
  const views = messageViews(messageBytes)
  return {
    send: (count) =>
      windowed(count, IN_FLIGHT, async (index) => {
        await client.publishAsync(TOPIC, messageAt(views, index) as Buffer, { qos: 1 })
      }),
  }
}

async function subscriber(to: Address): Promise<ReceiverEnd> {
  const arrivals = new Arrivals()
  const client = await connected(to)
  client.on('message', (_topic, payload) => arrivals.add(payload))
  await client.subscribeAsync(TOPIC, { qos: 1 })
  return { address: async () => to, receive: arrivals.receive }
}
