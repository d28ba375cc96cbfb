import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { windowed } from '../harness/measure.ts'
import { Arrivals } from '../net/arrivals.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import { netWorks } from '../net/net-works.ts'
import type { Address, AudienceEnd, BroadcasterEnd, Ends } from '../net/roles.ts'
import { startServer } from './server-process.ts'

/** The broker mosquitto, with clients of mqtt.js. The publisher is in the measuring process, the broker in its own. */
export const ends = { broadcaster, audience } satisfies Partial<Ends>
export const works = netWorks(import.meta.url, ends)

const TOPIC = 'bench'
const CONNECTING_MAX = 50

async function broadcaster(_at: Address, messageBytes: number): Promise<BroadcasterEnd> {
  const address = await startServer('mosquitto', (port) => ['-c', mosquittoConfig(port)])
  const client = await connected(address)
  const views = messageViews(messageBytes)
  return {
    address: async () => address,
    joined: async () => {}, // the audience is there when the broker has confirmed every subscription
    publish: async (rounds) => {
      for (let round = 0; round < rounds; round++) {
        await client.publishAsync(TOPIC, messageAt(views, round) as Buffer, { qos: 0 })
      }
    },
  }
}

/** Without a limit of what waits for a client: at QoS 0 the broker drops what exceeds it. */
export function mosquittoConfig(port: number, further: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'mosquitto.conf')
  // As who started it: a root without this becomes a user who may not read the folder.
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_queued_messages 0', 'persistence false']
  writeFileSync(file, `${[...lines, ...further, `user ${process.env['USER'] ?? 'root'}`].join('\n')}\n`)
  return file
}

async function audience(to: Address, clients: number): Promise<AudienceEnd> {
  const arrivals = new Arrivals()
  await windowed(clients, CONNECTING_MAX, async () => {
    const client = await connected(to)
    client.on('message', (_topic, payload) => arrivals.add(payload))
    await client.subscribeAsync(TOPIC, { qos: 0 })
  })
  return { receive: arrivals.receive }
}

export async function connected(to: Address): Promise<MqttClient> {
  if (!('port' in to)) throw new Error('TCP only')
  return mqtt.connectAsync({ host: to.host, port: to.port, reconnectPeriod: 0 })
}
