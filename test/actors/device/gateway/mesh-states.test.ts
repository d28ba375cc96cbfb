import { describe, expect, it } from 'vitest'
import type { DeviceReport } from '#actors/device/gateway/device-report'
import { MeshStates } from '#actors/device/gateway/mesh-states'

const report = (fields: Partial<DeviceReport> = {}): DeviceReport => ({
  address: 12,
  isOn: true,
  brightness: 50,
  colorMode: 20,
  rgb: [0, 0, 0],
  isOnline: true,
  source: 'announce',
  ...fields,
})

const A = 1
const B = 2
const off = report({ isOn: false })

describe('the states of a mesh', () => {
  it('tell a change once, however many controllers report it', () => {
    const states = new MeshStates()
    expect(states.report('', report(), A, 0)).toMatchObject({ home: '', address: 12, isOn: true, isOnline: true })
    expect(states.report('', report(), B, 300)).toBeUndefined()
    expect(states.report('', off, B, 2_000)).toMatchObject({ isOn: false, changedMs: 2_000 })
    expect(states.report('', off, A, 2_400)).toBeUndefined()
    expect(states.get('', 12)).toMatchObject({ isOn: false })
  })

  it('take the last report, also one that is as it was before', () => {
    const states = new MeshStates()
    states.report('', report(), A, 0)
    states.report('', off, A, 100)
    expect(states.report('', report(), A, 200)).toMatchObject({ isOn: true })
  })

  it('pass over a copy of an older announcement that comes late over another controller', () => {
    const states = new MeshStates()
    states.report('', report(), A, 0)
    states.report('', off, A, 100)
    expect(states.report('', report(), B, 900)).toBeUndefined()
    expect(states.totals.collapsed).toBe(1)
    // After a second it is news.
    expect(states.report('', report(), B, 1_200)).toMatchObject({ isOn: true })
  })

  it('call a device offline only when three reports in a row miss it, those of a second being one', () => {
    const states = new MeshStates()
    states.report('', report(), A, 0)
    const missing = report({ isOnline: false, isOn: false })
    const told = [1_000, 1_500, 2_100, 3_000, 3_200].map((ms) => states.report('', missing, A, ms)?.isOnline)
    expect(told).toEqual([undefined, undefined, undefined, undefined, false])
    // What it repeats is old.
    expect(states.get('', 12)).toMatchObject({ isOn: true, isOnline: false })
    expect(states.report('', report(), B, 4_000)).toMatchObject({ isOnline: true })
  })

  it('begin to count anew when it is heard', () => {
    const states = new MeshStates()
    const missing = report({ isOnline: false })
    states.report('', report(), A, 0)
    for (const ms of [2_000, 4_000]) states.report('', missing, A, ms)
    states.report('', report(), A, 5_000)
    for (const ms of [7_000, 9_000]) expect(states.report('', missing, A, ms)).toBeUndefined()
  })

  it('let a command on its way outweigh reports that contradict it, until it is acknowledged', () => {
    const states = new MeshStates()
    const turnOff = (state: DeviceReport | { isOn: boolean }) => ({ ...(state as DeviceReport), isOn: false })
    states.report('', report(), A, 0)
    states.pend('', [12], 'c1', turnOff, 1_000)
    expect(states.report('', report({ brightness: 51 }), B, 1_100)).toBeUndefined()
    expect(states.totals.outdated).toBe(1)
    expect(states.settle('', [12], 'c1', turnOff, 1_200)).toEqual([
      expect.objectContaining({ isOn: false, isAssumed: true }),
    ])
    // From now on any report counts, and the first that agrees makes it certain.
    expect(states.report('', off, A, 3_000)).toMatchObject({ isOn: false, isAssumed: false })
    expect(states.report('', report(), A, 3_100)).toMatchObject({ isOn: true })
  })

  it('forget a command that has ended without, or after 10 s', () => {
    const states = new MeshStates()
    const turnOff = (state: object) => ({ ...(state as DeviceReport), isOn: false })
    states.report('', report(), A, 0)
    states.pend('', [12], 'c1', turnOff, 0)
    expect(states.settle('', [12], 'c1', undefined, 100)).toEqual([])
    expect(states.report('', report({ brightness: 60 }), A, 200)).toBeDefined()
    states.pend('', [12], 'c2', turnOff, 1_000)
    expect(states.report('', report({ brightness: 70 }), A, 11_000)).toBeDefined()
  })

  it('keep homes apart, and addresses that there are not out', () => {
    const states = new MeshStates()
    states.report('a', report(), A, 0)
    states.report('b', off, B, 0)
    expect(states.list('a')).toEqual([expect.objectContaining({ home: 'a', isOn: true })])
    expect(states.list()).toHaveLength(2)
    for (const address of [0, 256, -1]) {
      expect(states.report('a', report({ address }), A, 0)).toBeUndefined()
    }
    expect(states.totals.dropped).toBe(3)
    expect(states.addressesOf('a')).toEqual([12])
    expect(states.get('c', 12)).toBeUndefined()
  })
})
