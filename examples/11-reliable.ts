// prints: on: delivered
// prints: dim: rejected, no such order: dim
// prints: 200 orders while the cable was cut 5 times: 200 delivered
// prints: the lamp has switched 201 times
//
// Orders to a lamp over a connection that breaks. A session outlives its connections: what was under way when one broke is
// sent again over the next, and processed once.

import { connect, createServer, type Socket } from 'node:net'
import { createSystem } from 'troupe'
import { dialReliable, serveReliable } from 'troupe/actors'
import { Lamp } from './lamp.actor.ts'

const system = await createSystem({ threads: 0, log: 'silent' })
const lamp = system.spawn(Lamp, [])
const server = serveReliable(system, 'tcp://127.0.0.1:0', { receiver: lamp })
const { port } = new URL(await server.ask.endpoint())

// The cable between them: everything that comes in goes out on the other side, until somebody cuts it.
const ends = new Set<Socket>()
const cable = createServer((near) => {
  const far = connect(Number(port), '127.0.0.1')
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    ends.add(from)
    from.on('error', () => {}).on('close', () => to.destroy())
    from.pipe(to)
  }
}).listen(0, '127.0.0.1')
await new Promise((resolve) => cable.once('listening', resolve))
const url = `tcp://127.0.0.1:${(cable.address() as { port: number }).port}`

const remote = dialReliable(system, url, { name: 'remote', backoff: { minMs: 10, maxMs: 50 } }).with({
  deadlineMs: 60_000,
})

const on = await remote.ask.send(Buffer.from('on'))
console.log(`on: ${on.kind}`)
const dim = await remote.ask.send(Buffer.from('dim'))
console.log(`dim: ${dim.kind}${dim.kind === 'rejected' ? `, ${dim.reason}` : ''}`)

let delivered = 0
for (let cuts = 0; cuts < 5; cuts++) {
  const orders = remote.ask.sendMany(Array.from({ length: 40 }, (_, n) => Buffer.from(n % 2 === 0 ? 'off' : 'on')))
  for (const socket of ends) socket.destroy()
  ends.clear()
  delivered += (await orders).delivered
}
console.log(`200 orders while the cable was cut 5 times: ${delivered} delivered`)
console.log(`the lamp has switched ${await lamp.ask.switched()} times`)

await system.shutdown()
cable.close()
for (const socket of ends) socket.destroy()
