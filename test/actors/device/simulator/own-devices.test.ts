import { describe, expect, it } from 'vitest'
import { resolveControllerOptions } from '#actors/device/simulator/controller-options'
import { OwnDevices } from '#actors/device/simulator/own-devices'

const options = resolveControllerOptions({ deviceId: 0x101 })

describe('devices that stand for themselves', () => {
  it('are found again under their key, until they are forgotten', () => {
    const devices = new OwnDevices()
    const own = devices.take('a', options)
    expect(devices.take('a', options)).toBe(own)
    expect(devices.take('b', options)).not.toBe(own)
    devices.forget('a')
    expect(devices.take('a', options)).not.toBe(own)
  })

  it('are no more than a limit: who was used longest ago is forgotten', () => {
    const devices = new OwnDevices(2)
    const [first, second] = [devices.take('a', options), devices.take('b', options)]
    devices.take('a', options)
    devices.take('c', options)
    expect(devices.take('a', options)).toBe(first)
    expect(devices.take('b', options)).not.toBe(second)
  })
})
