import type { ActorRef } from 'troupe'
import { type DeviceFleetProtocol, type FleetOptions, type RollReport, spawnFleet } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CyncServer, type ServerManner } from '../../../support/cync-server.ts'
import { eventually } from '../../../support/eventually.ts'
import { withSystem } from '../../../support/with-system.ts'

const patient = { deadlineMs: 20_000 }
type Fleet = ActorRef<DeviceFleetProtocol>

/** A fleet on two threads, and the server that it connects to, on this one. */
async function withFleet(
  options: Partial<FleetOptions>,
  body: (fleet: Fleet, server: CyncServer) => Promise<void>,
  manner: ServerManner = 'accept',
): Promise<void> {
  const server = await CyncServer.listen(manner)
  onTestFinished(() => server.close())
  await withSystem({ threads: 2 }, async (system) => {
    const small = {
      deviceCount: 12,
      controllersPerHome: 4,
      platoonCount: 2,
      startPerSecond: 1_000,
      profile: 'instant',
    } as const
    await body(spawnFleet(system, { gateway: server.url, ...small, ...options }), server)
  })
}

const allOnline = (fleet: Fleet, count = 12): Promise<void> =>
  eventually(async () => expect((await fleet.ask.summary()).states.online).toBe(count))

describe('a fleet', () => {
  it('connects all of its devices, each as itself', () =>
    withFleet({}, async (fleet, server) => {
      await allOnline(fleet)
      const ids = server.open.map(({ deviceId }) => deviceId).toSorted((one, other) => one - other)
      expect(ids).toEqual([1, 2, 3].flatMap((home) => [1, 2, 3, 4].map((address) => home * 256 + address)))
      const { deviceCount, states, restartCount, tally } = await fleet.ask.summary()
      expect({ deviceCount, states, restartCount }).toEqual({
        deviceCount: 12,
        states: { online: 12, connecting: 0, degraded: 0, offline: 0, parked: 0 },
        restartCount: 0,
      })
      expect(tally).toMatchObject({ loginCount: 12, garbagePackets: 0, overrunCount: 0 })
    }))

  it('lists its devices by state and group, a page at a time', () =>
    withFleet({ groupsPerHome: 2 }, async (fleet) => {
      await allOnline(fleet)
      const { devices, matchCount } = await fleet.ask.list({ group: 2, state: 'online' })
      expect([matchCount, devices.map(({ name }) => name)]).toEqual([
        6,
        ['h1-d2', 'h1-d4', 'h2-d2', 'h2-d4', 'h3-d2', 'h3-d4'],
      ])
      const page = await fleet.ask.list({ group: 2, offset: 1, limit: 3 })
      expect([page.matchCount, page.devices.map(({ name }) => name)]).toEqual([6, ['h1-d4', 'h2-d2', 'h2-d4']])
      expect(await fleet.ask.list({ state: 'parked' })).toEqual({ devices: [], matchCount: 0 })
    }))

  it('brings back what the server ends, what it throws out, and what fails by itself', () =>
    withFleet({ backoffMinMs: 10 }, async (fleet, server) => {
      await allOnline(fleet)
      const [ended, destroyed, thrownOut] = [0x101, 0x102, 0x103].map((id) => server.peerOf(id))
      ended!.socket.end()
      destroyed!.socket.destroy()
      thrownOut!.send({ type: 'disconnect', from: 'server', reason: 3 })
      fleet.tell.crash('h3-d4', 'a bug')
      fleet.tell.kick('h3-d3')
      await eventually(async () => {
        const { states, restartCount } = await fleet.ask.summary()
        expect([states.online + states.degraded, restartCount]).toEqual([12, 5])
      })
      const { devices } = await fleet.ask.list()
      expect(devices.find(({ name }) => name === 'h3-d4')?.reason).toBe('a bug')
      expect(devices.find(({ name }) => name === 'h3-d3')?.reason).toBe('kicked')
      await eventually(() => expect(server.open.length).toBe(12))
    }))

  it.each<[ServerManner, string]>([
    ['close', 'the gateway ended the connection before it had accepted the login'],
    ['refuse', 'login-refused'],
  ])('parks devices whose server does nothing but %s, with the reason, until they are unparked', (manner, reason) =>
    withFleet(
      { deviceCount: 4, failuresMax: 2, backoffMinMs: 1, backoffMaxMs: 5 },
      async (fleet, server) => {
        await eventually(async () => expect((await fleet.ask.summary()).states.parked).toBe(4))
        expect((await fleet.ask.summary()).parked[0]).toEqual({ name: 'h1-d1', reason })
        expect(server.peers.length).toBe(4 * 3)
        server.manner = 'accept'
        expect([await fleet.ask.unpark('h1-d2'), await fleet.ask.unpark('h1-d2x')]).toEqual([1, 0])
        await allOnline(fleet, 1)
        expect(await fleet.ask.unpark()).toBe(3)
        await allOnline(fleet, 4)
      },
      manner,
    ),
  )

  it('parks devices that find nobody, and says why', () =>
    withFleet({ gateway: 'tcp://127.0.0.1:1', deviceCount: 2, failuresMax: 1, backoffMinMs: 1 }, async (fleet) => {
      await eventually(async () => expect((await fleet.ask.summary()).states.parked).toBe(2))
      expect((await fleet.ask.summary()).parked[0]?.reason).toContain('ECONNREFUSED')
    }))

  it.each([1, 2])('says why none of them is online, how many there are of a kind, over %i platoons', (platoonCount) =>
    withFleet({ gateway: 'tcp://127.0.0.1:1', deviceCount: 20, controllersPerHome: 2, platoonCount }, async (fleet) => {
      const reason = expect.stringContaining('ECONNREFUSED')
      await eventually(async () => {
        expect((await fleet.ask.summary()).failures).toEqual([{ reason, deviceCount: 20 }])
      })
    }),
  )

  it('has devices that wait, connecting, for a server that says nothing, and for one that sends garbage', () =>
    withFleet(
      { deviceCount: 4 },
      async (fleet, server) => {
        await eventually(() => expect(server.open.filter((peer) => peer.count('device-login') === 1).length).toBe(4))
        expect((await fleet.ask.summary()).states.connecting).toBe(4)
        server.manner = 'garbage'
        for (const { socket } of server.open) socket.write(Buffer.alloc(2_000, 0x7e))
        for (const peer of server.open) peer.send({ type: 'device-login-reply', status: 0, reserved: 0 })
        await allOnline(fleet, 4)
      },
      'mute',
    ))

  it('rolls an operation over a group, and reports of each device', () =>
    withFleet({ groupsPerHome: 2 }, async (fleet, server) => {
      await allOnline(fleet)
      const operation = { kind: 'firmware', version: '20001' } as const
      const report = await fleet.with(patient).ask.roll({ operation, group: 1, batch: 4, pauseMs: 1 })
      expect(report).toMatchObject({ state: 'finished', totalCount: 6, doneCount: 6, failedCount: 0 })
      expect(await fleet.ask.rollReport()).toEqual(report)
      const device = await fleet.ask.device('h2-d3')
      expect(await device!.ask.statistics()).toMatchObject({ firmwareVersion: '20001', deviceId: 0x203 })
      expect((await (await fleet.ask.device('h2-d2'))!.ask.statistics()).firmwareVersion).toBe('10052')
      expect(server.peers.length).toBe(18)
    }))

  it('stops a roll with the first failure that is not borne', () =>
    withFleet({ failuresMax: 0, backoffMinMs: 10 }, async (fleet, server) => {
      await allOnline(fleet)
      server.manner = 'refuse'
      const operation = { kind: 'reconnect' } as const
      const names = ['h1-d1', 'h1-d2', 'h1-d3']
      const report = await fleet.with(patient).ask.roll({ operation, names, batch: 1, timeoutMs: 1_000 })
      expect(report).toMatchObject({ state: 'stopped', doneCount: 0, failedCount: 1 })
      expect((report as RollReport).devices[2]).toEqual({ name: 'h1-d3', outcome: 'left out' })
    }))

  it('rolls one thing at a time, over devices that there are, and can stop', () =>
    withFleet({}, async (fleet, server) => {
      await allOnline(fleet)
      const press = { kind: 'press', change: { isOn: true } } as const
      const first = fleet.with(patient).ask.roll({ operation: press, batch: 1, pauseMs: 1_000_000 })
      await eventually(async () => expect((await fleet.ask.rollReport())?.doneCount).toBe(1))
      expect(await fleet.ask.roll({ operation: press })).toBe('another roll is under way')
      fleet.tell.stopRoll()
      expect(await first).toMatchObject({ state: 'stopped', doneCount: 1 })
      expect(await fleet.ask.roll({ operation: press, names: ['h9-d9'] })).toBe("there is no device 'h9-d9'")
      expect(await fleet.ask.roll({ operation: press, batch: 0 })).toContain('batch must be')
      expect(await fleet.ask.roll({ operation: press, group: 9 })).toBe(
        'group must be a whole number from 1 to 4, got 9',
      )
      const wrong = { kind: 'press', change: { brightness: 300 } } as const
      expect(await fleet.ask.roll({ operation: wrong })).toContain('brightness must be a whole number from 0 to 100')
      await eventually(() => expect(server.open.some((peer) => peer.count('sync') > 1)).toBe(true))
    }))

  it('takes other chaos while it runs, and says what is wrong with some', () =>
    withFleet({ backoffMinMs: 1, backoffMaxMs: 5, failuresMax: Number.POSITIVE_INFINITY }, async (fleet) => {
      await allOnline(fleet)
      expect(await fleet.ask.setChaos({ lossRate: 7 })).toContain('lossRate must be')
      expect(await fleet.ask.setChaos({ kickRate: 1 })).toBeUndefined()
      fleet.tell.press('h1-d1', 1, { isOn: true })
      await eventually(async () => expect((await fleet.ask.summary()).restartCount).toBeGreaterThan(0))
      await fleet.ask.setChaos({})
      await eventually(async () => {
        const { online, degraded } = (await fleet.ask.summary()).states
        expect(online + degraded).toBe(12)
      })
    }))

  it('shows what a device does on all controllers of its home', () =>
    withFleet({}, async (fleet, server) => {
      await allOnline(fleet)
      const before = server.open.map((peer) => peer.count('pipe-sync'))
      fleet.tell.press('h2-d1', 3, { isOn: true, brightness: 40 })
      await eventually(() => {
        const heard = server.open
          .filter((peer, n) => peer.count('pipe-sync') > before[n]!)
          .map(({ deviceId }) => deviceId)
        expect(heard.toSorted()).toEqual([0x201, 0x202, 0x203, 0x204])
      })
      const other = await fleet.ask.device('h2-d4')
      expect(await other!.ask.lamp(3)).toMatchObject({ isOn: true, brightness: 40 })
    }))

  it('ends in order: every connection is ended by its device, and none is opened any more', () =>
    withFleet({}, async (fleet, server) => {
      await allOnline(fleet)
      const last = await fleet.with(patient).ask.finish()
      const { states, tally } = last
      expect([await fleet.ask.summary(), await fleet.ask.finish()]).toEqual([last, last])
      expect([states.offline, tally.loginCount]).toEqual([12, 12])
      await eventually(() => expect(server.open).toEqual([]))
      expect(server.peers.every(({ socket }) => socket.readableEnded)).toBe(true)
      expect(server.peers.length).toBe(12)
      expect(await fleet.ask.roll({ operation: { kind: 'reconnect' } })).toBe('the fleet has finished')
    }))
})
