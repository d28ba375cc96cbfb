import { describe, expect, it } from 'vitest'
import { COLOR_MODE_RGB } from '#actors/device/simulator/lamp'
import { Mesh } from '#actors/device/simulator/mesh'

const groups = new Map([
  [1, [1, 3]],
  [10, [2]],
])

describe('a mesh', () => {
  it.each([
    ['a lamp', 2, [2]],
    ['the first outlet of a lamp', 0x0102, [2]],
    ['a group', 0x8001, [1, 3]],
    ['another group', 0x800a, [2]],
    ['the whole home', 0x8000, [1, 2, 3, 4]],
    ['everybody', 0xffff, [1, 2, 3, 4]],
    ['nobody: a lamp that there is not', 5, []],
    ['nobody: address 0', 0, []],
    ['nobody: a group that there is not', 0x8003, []],
  ])('understands a destination as %s', (_what, destination, addresses) => {
    expect(new Mesh(4, groups).addressesOf(destination)).toEqual(addresses)
  })

  it('begins with lamps that are off', () => {
    expect(new Mesh(1).state(1)).toEqual({ isOn: false, brightness: 100, colorMode: 0, rgb: [0, 0, 0] })
  })

  it('changes what is said and leaves the rest', () => {
    const mesh = new Mesh(2)
    mesh.change(1, { isOn: true, brightness: 40, whiteTemperature: 58 })
    mesh.change(1, { rgb: [1, 2, 3] })
    expect(mesh.state(1)).toEqual({ isOn: true, brightness: 40, colorMode: COLOR_MODE_RGB, rgb: [1, 2, 3] })
    mesh.change(1, { whiteTemperature: 7 })
    expect(mesh.state(1)).toEqual({ isOn: true, brightness: 40, colorMode: 7, rgb: [1, 2, 3] })
    expect(mesh.state(2).isOn).toBe(false)
  })

  it('runs a light show until anything else is said', () => {
    const mesh = new Mesh(1)
    mesh.change(1, { lightShow: 4 })
    expect(mesh.lightShow(1)).toBe(4)
    mesh.change(1, { isOn: true })
    expect(mesh.lightShow(1)).toBe(0)
  })

  it('tells every listener but the one that the change came by, also of a change that changes nothing', () => {
    const mesh = new Mesh(4, groups)
    const heard: string[] = []
    const one = (addresses: readonly number[]) => void heard.push(`one ${addresses.join()}`)
    const other = (addresses: readonly number[]) => void heard.push(`other ${addresses.join()}`)
    mesh.listen(one)
    mesh.listen(other)
    mesh.change(0x8001, { isOn: true }, one)
    mesh.change(2, { isOn: false })
    mesh.unlisten(one)
    mesh.change(9, { isOn: true })
    mesh.changeSilently(1, { isOn: false })
    expect(heard).toEqual(['other 1,3', 'one 2', 'other 2'])
    expect(mesh.state(1).isOn).toBe(false)
  })

  it.each([0, 256, 1.5, Number.NaN])('refuses to have %s lamps', (count) => {
    expect(() => new Mesh(count)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })
})
