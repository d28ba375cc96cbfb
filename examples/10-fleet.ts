// prints: 40 devices online
// prints: h2-d3 is on, and the gateway knows
// prints: 10 of 10 devices have firmware 20001
// prints: all 40 are back after the death of their thread
// prints: ended: 40 offline
//
// A gateway, and a fleet of simulated controllers on a thread of their own: a command, an operation rolled over a group, and the death of
// that thread.

import { createSystem } from 'troupe'
import { serveCync, spawnFleet } from 'troupe/actors'

const system = await createSystem({ threads: 2, log: 'silent' }) // that a thread dies is expected
const gateway = serveCync(system, 'tcp://127.0.0.1:0', { homes: { kind: 'by-id' }, spawn: { placement: 'here' } })
const [url] = await gateway.ask.endpoints()

const fleet = spawnFleet(
  system,
  { gateway: url as string, deviceCount: 40, startPerSecond: 1_000, profile: 'instant', platoonCount: 1 },
  { placement: 'here' },
)
await online()
console.log('40 devices online')

const lamp = { kind: 'controller', deviceId: 0x203 } as const
await gateway.ask.command({ to: lamp, command: { kind: 'power', isOn: true }, confirm: true })
const state = await gateway.ask.state(3, 2)
console.log(`h2-d3 is ${state?.isOn === true ? 'on' : 'off'}, and the gateway knows`)

const operation = { kind: 'firmware', version: '20001' } as const
const report = await fleet.with({ deadlineMs: 60_000 }).ask.roll({ operation, group: 2, batch: 5, pauseMs: 10 })
if (typeof report === 'string') throw new Error(report)
console.log(`${report.doneCount} of ${report.totalCount} devices have firmware ${operation.version}`)

const [platoon] = await fleet.ask.platoons()
if (platoon !== undefined) await system.killThread(platoon)
while ((await fleet.ask.summary()).platoonRestartCount === 0) await moment()
await online()
console.log('all 40 are back after the death of their thread')

const { states } = await fleet.with({ deadlineMs: 30_000 }).ask.finish()
console.log(`ended: ${states.offline} offline`)
await system.shutdown()

async function online(): Promise<void> {
  for (let count = 0; count < 40; await moment()) {
    const now = (await fleet.ask.summary()).states
    count = now.online + now.degraded
  }
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}
