import { createSystem } from 'troupe'
import { expect, it } from 'vitest'
import { spawnFleet } from '#actors/device/fleet/spawn-fleet'
import { CyncServer } from '../../../support/cync-server.ts'
import { eventually } from '../../../support/eventually.ts'

it('smoke', async () => {
  const server = await CyncServer.listen()
  const system = await createSystem({ threads: 2, signals: false, log: 'warn' })
  const fleet = spawnFleet(system, {
    gateway: server.url,
    deviceCount: 50,
    startPerSecond: 500,
    profile: 'instant',
    platoonCount: 2,
  })
  await eventually(async () => expect((await fleet.ask.summary()).states.online).toBe(50))
  console.log(await fleet.ask.summary(), await fleet.ask.list({ limit: 3 }))
  const peer = server.open[0]!
  console.log(peer.packets.map((p) => p.type).join())
  console.log(JSON.stringify(peer.packets[0]))
  const report = await fleet
    .with({ deadlineMs: 10000 })
    .ask.roll({ operation: { kind: 'reconnect' }, group: 2, batch: 5, pauseMs: 10 })
  console.log(report)
  console.log(await fleet.with({ deadlineMs: 10000 }).ask.finish())
  await system.shutdown()
  server.close()
})
