import { describe, expect, it } from 'vitest'
import { type FleetOptions, resolveFleetOptions } from '#actors/device/fleet/fleet-options'
import { FleetPlan } from '#actors/device/fleet/fleet-plan'

const gateway = 'tcp://127.0.0.1:23778'
const planOf = (options: Partial<FleetOptions>): FleetPlan =>
  new FleetPlan(resolveFleetOptions({ gateway, ...options }))

describe('the plan of a fleet', () => {
  it('gives each device a home, an address, a group, an id and a name', () => {
    const plan = planOf({ deviceCount: 20, controllersPerHome: 8, groupsPerHome: 3, firstHome: 5 })
    expect([0, 7, 8, 19].map((index) => plan.nameOf(index))).toEqual(['h5-d1', 'h5-d8', 'h6-d1', 'h7-d4'])
    expect([0, 7, 8, 19].map((index) => plan.deviceIdOf(index))).toEqual([0x501, 0x508, 0x601, 0x704])
    expect([0, 1, 2, 3, 8].map((index) => plan.groupOf(index))).toEqual([1, 2, 3, 1, 1])
    for (let index = 0; index < 20; index++) expect(plan.indexOf(plan.nameOf(index))).toBe(index)
  })

  it.each(['h4-d1', 'h5-d9', 'h8-d1', 'h7-d5', 'h5-d0', 'd1', 'h5-d1 ', ''])('knows no device %o', (name) => {
    expect(planOf({ deviceCount: 20, controllersPerHome: 8, firstHome: 5 }).indexOf(name)).toBeUndefined()
  })

  it.each([
    [100, 8, 3],
    [5, 1, 4],
    [7, 8, 4],
    [1_000, 20, 7],
  ])(
    'shares %i devices, %i a home, out to at most %i platoons, homes whole',
    (deviceCount, controllersPerHome, platoonCount) => {
      const plan = planOf({ deviceCount, controllersPerHome, platoonCount })
      let next = 0
      for (const { first, count } of plan.shares) {
        expect([first, first % controllersPerHome]).toEqual([next, 0])
        next = first + count
      }
      expect(next).toBe(deviceCount)
      for (let index = 0; index < deviceCount; index++) {
        const { first, count } = plan.shares[plan.platoonOf(index)]!
        expect(index >= first && index < first + count).toBe(true)
      }
      const homes = plan.shares.map(({ count }) => Math.ceil(count / controllersPerHome))
      expect(Math.max(...homes) - Math.min(...homes)).toBeLessThanOrEqual(1)
    },
  )
})

describe('the options of a fleet', () => {
  it('have defaults', () => {
    expect(resolveFleetOptions({ gateway })).toMatchObject({
      deviceCount: 100,
      controllersPerHome: 8,
      lampsPerHome: 8,
      startPerSecond: 200,
      backoffMinMs: 250,
      backoffMaxMs: 30_000,
      failuresMax: 20,
      failureWindowMs: 600_000,
      profile: 'quiet',
      firmware: 'bulb',
      seed: 1,
    })
  })

  it.each<[Record<string, unknown>, string, string]>([
    [{ gateway: 'udp://127.0.0.1:1' }, 'invalid-endpoint', 'tcp, tls and unix'],
    [{ gateway: 'nonsense' }, 'invalid-endpoint', 'nonsense'],
    [{ deviceCount: 0 }, 'invalid-option', '1 to 100000'],
    [{ deviceCount: 1.5 }, 'invalid-option', '1.5'],
    [{ deviceCount: 60_000, platoonCount: 2 }, 'invalid-option', 'at least 3'],
    [{ controllersPerHome: 256 }, 'invalid-option', '255'],
    [{ controllersPerHome: 9, lampsPerHome: 8 }, 'invalid-option', 'from controllersPerHome, 9'],
    [{ groupsPerHome: 0 }, 'invalid-option', '0'],
    [{ firstHome: 0 }, 'invalid-option', '0'],
    [{ startPerSecond: 0 }, 'invalid-option', '0'],
    [{ connectingMax: 0 }, 'invalid-option', '0'],
    [{ platoonCount: 63 }, 'invalid-option', '62'],
    [{ backoffMinMs: 500, backoffMaxMs: 400 }, 'invalid-option', 'from backoffMinMs, 500'],
    [{ failuresMax: -1 }, 'invalid-option', '-1'],
    [{ failureWindowMs: 0 }, 'invalid-option', '0'],
    [{ connectTimeoutMs: 0 }, 'invalid-option', '0'],
    [{ keepAliveSeconds: 2 }, 'invalid-option', '2'],
    [{ profile: 'lazy' }, 'invalid-option', 'quiet, busy, instant'],
    [{ firmware: 'toaster' }, 'invalid-option', 'mixed'],
    [{ firmwareVersion: '' }, 'invalid-option', '1 to 16 ASCII'],
    [{ chaos: { lossRate: 2 } }, 'invalid-option', 'lossRate'],
    [{ chaos: { lostRate: 1 } }, 'unknown-option', 'lostRate'],
    [{ seed: -1 }, 'invalid-option', '-1'],
    [{ devices: 10 }, 'unknown-option', 'devices'],
  ])('are refused: %o', (options, code, text) => {
    const resolve = () => resolveFleetOptions({ gateway, ...options } as FleetOptions)
    expect(resolve).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }))
  })
})
