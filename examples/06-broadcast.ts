// prints: 2 clients
// prints: frame 1: 21.5 °C, 48 %
// prints: frame 1: 21.5 °C, 48 %
// prints: frame 2: 22 °C, 48 %
// prints: frame 2: 22 °C, 48 %
// prints: the server has ended the connection
//
// A server sends sensor frames to all who have connected, each encoded once by a schema. One client asks for the next value, the
// other is a loop over all of them, which ends with the server.

import { setTimeout as sleep } from 'node:timers/promises'
import { createSystem } from 'troupe'
import { receiveBroadcast, serveBroadcast, values } from 'troupe/actors'
import { type SensorFrame, sensorCodecSpec } from './sensor-codec.ts'

const system = await createSystem({ threads: 1 })
const server = serveBroadcast<SensorFrame>(system, 'tcp://127.0.0.1:0', sensorCodecSpec)
await server.ready()
const endpoint = await server.ask.endpoint()

const first = receiveBroadcast<SensorFrame>(system, endpoint, sensorCodecSpec)
const second = receiveBroadcast<SensorFrame>(system, endpoint, sensorCodecSpec)
await Promise.all([first.ready(), second.ready()])
while ((await server.ask.clientCount()) < 2) await sleep(1) // who connects is counted when the next frame will reach it
console.log(`${await server.ask.clientCount()} clients`)

const print = ({ number, celsius, humidity }: SensorFrame): void =>
  console.log(`frame ${number}: ${celsius} °C, ${humidity} %`)
const loop = values(second)
for (const number of [1, 2]) {
  server.tell.send({ number, celsius: 21 + number / 2, humidity: 48 })
  print(await first.ask.recv())
  print((await loop.next()).value as SensorFrame)
}

await server.ask.shutdown()
for await (const frame of loop) print(frame)
console.log('the server has ended the connection')
await system.shutdown()
