// prints: sensor-1: 21.5
// prints: sensor-2: 19.0
// prints: 2 published, 2 delivered
//
// A broker with one topic, a client that publishes and one that listens. Each of the three could be in a process of its own.

import { createSystem } from 'troupe'
import { connectBroker, serveBroker } from 'troupe/actors'

const system = await createSystem({ threads: 1 })
const broker = serveBroker(system, 'tcp://127.0.0.1:0', { topics: [{ name: 'temperatures', routing: 'queue' }] })
const [url = ''] = await broker.ask.endpoints()

const readings = connectBroker(system, url).stream.messages('temperatures')
const station = connectBroker(system, url)
for (const text of ['sensor-1: 21.5', 'sensor-2: 19.0']) {
  await station.ask.publish('temperatures', Buffer.from(text))
  const { value } = await readings.next()
  console.log(Buffer.from(value ?? []).toString())
}

const statistics = await broker.ask.topicStatistics('temperatures')
console.log(`${statistics?.published} published, ${statistics?.delivered} delivered`)
await system.shutdown()
