import type { ActorRef } from 'troupe'
import { type DeviceFleetProtocol, spawnFleet } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CyncServer } from '../../../support/cync-server.ts'
import { until } from '../../../support/until.ts'
import { withSystem } from '../../../support/with-system.ts'

const DEVICES = 60

async function isAllOnline(fleet: ActorRef<DeviceFleetProtocol>): Promise<boolean> {
  const { online, degraded } = (await fleet.ask.summary()).states
  return online + degraded === DEVICES
}

/** The last number that each device has put on a 83, over all of its connections. */
function lastNumbers(server: CyncServer): Map<number, number> {
  const numbers = new Map<number, number>()
  for (const { deviceId, packets } of server.peers) {
    for (const packet of packets) if (packet.type === 'pipe-sync') numbers.set(deviceId, packet.sequence)
  }
  return numbers
}

describe('a fleet whose threads are killed', () => {
  it('has every device back online, and none of them uses a number twice', async () => {
    const server = await CyncServer.listen()
    onTestFinished(() => server.close())
    await withSystem({ threads: 2, spare: true }, async (system) => {
      const fleet = spawnFleet(
        system,
        { gateway: server.url, deviceCount: DEVICES, platoonCount: 2, startPerSecond: 2_000, profile: 'instant' },
        { placement: 'here' },
      )
      await until(() => isAllOnline(fleet), 'all devices are online')
      const platoons = await fleet.ask.platoons()
      expect(platoons.length).toBe(2)
      for (let round = 0; round < 3; round++) {
        const before = lastNumbers(server)
        expect(await system.killThread(platoons[round % 2]!)).toBe(true)
        await until(() => isAllOnline(fleet), `all devices are back after death ${round + 1}`)
        await until(() => server.open.length === DEVICES, 'the server sees them all')
        const after = lastNumbers(server)
        for (const [deviceId, number] of before) expect(after.get(deviceId)).toBeGreaterThanOrEqual(number)
      }
      const { platoonRestartCount, tally } = await fleet.ask.summary()
      expect(platoonRestartCount).toBe(3)
      expect(tally.loginCount).toBeGreaterThanOrEqual(DEVICES)
      for (const { deviceId, packets } of server.peers) {
        const numbers = packets.flatMap((packet) => (packet.type === 'pipe-sync' ? [packet.sequence] : []))
        expect(new Set(numbers).size, `device ${deviceId}`).toBe(numbers.length)
      }
    })
  })
})
