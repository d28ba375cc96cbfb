import { describe, expect, it } from 'vitest'
import {
  disconnectPacket,
  FRAME_ANNOUNCE,
  FRAME_RESPONSE,
  loginPacket,
  pingPacket,
  pipePacket,
  pipeReplyPacket,
  probeReplyPacket,
  type SyncRecord,
  stateData,
  syncPacket,
  timeRequestPacket,
  versionData,
} from '#actors/device/simulator/device-packets'
import { COLOR_MODE_RGB } from '#actors/device/simulator/lamp'
import { Mesh } from '#actors/device/simulator/mesh'
import { meshPageData } from '#actors/device/simulator/mesh-pages'
import { hexOf, packetVectors } from '../cync/vectors.ts'

const recorded = (id: string): string => packetVectors.find((one) => one.id === id)!.hex
const white = (isOn: boolean, brightness: number, colorMode: number, rgb: [number, number, number] = [0, 0, 0]) => ({
  isOn,
  brightness,
  colorMode,
  rgb,
})
const announce = { direction: FRAME_ANNOUNCE, command: 0xdb }
const result = { direction: FRAME_RESPONSE, data: Uint8Array.of(0) }

describe('what a device writes is, byte for byte, what real ones were seen to write:', () => {
  it.each([
    ['a login', 'v001', () => loginPacket(0x6457e7f2, '0123456789abcdef', 60)],
    ['a ping', 'v023', () => pingPacket],
    ['a sync of nothing', 'v022', () => syncPacket(0x325d5317, 1, [])],
    ['a reply to a probe', 'v004', () => probeReplyPacket(0x6457e7f2, 0x9f52)],
    ['a reply to a pipe', 'v060', () => pipeReplyPacket(0x1bdcda3e, 0x1f, 0)],
    ['a late refusal', 'v071', () => pipeReplyPacket(0x1bdcda3e, 0x104, 0x0a, true)],
    ['a result', 'v015', () => pipePacket(false, 0x6457e7f2, 2, { ...result, sequence: 1, command: 0xf0 })],
    [
      'a state',
      'v117',
      () =>
        pipePacket(true, 0x37962469, 5, {
          ...announce,
          sequence: 33,
          data: stateData(0x112234, 5, white(true, 100, 0)),
        }),
    ],
    [
      'a state with a byte to escape',
      'v122',
      () => {
        const data = stateData(0x11227d, 7, white(true, 100, COLOR_MODE_RGB, [0xf8, 0, 0]))
        return pipePacket(true, 0x37962469, 91, { ...announce, sequence: 37, data })
      },
    ],
    [
      'a state with a checksum that is not its own',
      'v006',
      () => {
        const data = stateData(0x111111, 11, white(false, 13, 10))
        return pipePacket(true, 0x6457e7f2, 767, { ...announce, sequence: 0x11226565, data, checksum: 41 })
      },
    ],
    [
      'a version, in a frame that begins with 00',
      'v041',
      () => {
        const frame = { direction: FRAME_ANNOUNCE, command: 0, sequence: 0, data: versionData(true, '11158') }
        return pipePacket(true, 0x325d5317, 2, { ...frame, leadByte: 0 })
      },
    ],
  ])('%s (%s)', (_what, id, write) => {
    expect(hexOf(write())).toBe(recorded(id))
  })

  it('a sync of two lamps, the reporter first (v020)', () => {
    const records: SyncRecord[] = [
      { address: 12, state: white(true, 100, 58, [255, 255, 255]), isOnline: true },
      { address: 43, state: white(true, 100, 58), isOnline: true },
    ]
    expect(hexOf(syncPacket(0x25e5a69f, 12, records))).toBe(recorded('v020'))
  })

  it('a page of mesh states, its own record first (v124)', () => {
    const mesh = new Mesh(7)
    mesh.change(5, { isOn: false, brightness: 100 })
    mesh.change(7, { isOn: true, whiteTemperature: 100 })
    for (const address of [3, 2]) mesh.change(address, { brightness: 0, whiteTemperature: 50 })
    const data = meshPageData(mesh, [5, 7, 3, 2], 0, 31, 0x44)
    const frame = { direction: FRAME_RESPONSE, command: 0x52, sequence: 31, data }
    expect(hexOf(pipePacket(false, 0x2de4b5d2, 0, frame))).toBe(recorded('v124'))
  })

  it('the time asked for, and a goodbye', () => {
    expect(hexOf(timeRequestPacket)).toBe('c3000000010c')
    expect(hexOf(disconnectPacket(3))).toBe('e30000000103')
  })

  it('nothing is escaped by firmware that does not', () => {
    const frame = { ...announce, sequence: 0x7e, data: Uint8Array.of(0x7d) }
    expect(hexOf(pipePacket(true, 1, 1, { ...frame, isEscaping: false }))).toContain('7e7e000000fadb01007d')
    expect(hexOf(pipePacket(true, 1, 1, frame))).toContain('7e7d5e000000fadb01007d5d')
  })
})
