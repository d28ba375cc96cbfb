import { describe, expect, it } from 'vitest'
import {
  decodeFirmware,
  decodeNotice,
  encodeFirmware,
  encodeNotice,
  encodeState,
  type StateNotice,
} from '#actors/device/cync/announcement'
import { cyncFrame } from '#actors/device/cync/frame-codec'
import { firmwareFrame, frameMeaning, meshPageFrame, resultFrame, stateFrame } from '#actors/device/cync/frame-meaning'
import { encodeMeshPage, MeshPages, type MeshState } from '#actors/device/cync/mesh-page'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { recordEntry } from '#actors/device/cync/sync-entries'
import { bytesOf, hexOf, packetVectors } from './vectors.ts'

const lamp: StateNotice = {
  meshAddress: 7,
  subElement: 0,
  isOnline: true,
  isOn: true,
  brightness: 100,
  colorMode: 0xfe,
  rgb: [248, 0, 0],
}

const member = (meshAddress: number): MeshState => ({
  meshAddress,
  deviceType: meshAddress === 1 ? 81 : 0,
  isOnline: true,
  isOn: meshAddress % 2 === 1,
  brightness: 50,
  colorMode: 10,
  rgb: [1, 2, 3],
})

const framesOf = (isWanted: (kind: string) => boolean) =>
  packetVectors.flatMap(({ id, hex }) => {
    const { packet } = decodePacket(bytesOf(hex))
    if (packet.type !== 'pipe' && packet.type !== 'pipe-sync') return []
    const meaning = frameMeaning(packet.frame)
    return isWanted(meaning.kind) ? [{ id, hex, packet, meaning }] : []
  })

describe('frameMeaning', () => {
  it('leaves no frame of the vectors without one', () => {
    expect(framesOf((kind) => kind === 'unknown')).toEqual([])
  })

  it('finds states whose frames are written again as they were', () => {
    const states = framesOf((kind) => kind === 'state')
    expect(states.length).toBeGreaterThan(3)
    for (const { hex, packet, meaning } of states) {
      if (meaning.kind !== 'state' || !packet.frame.isChecksumGood) continue
      const { sequence, command } = packet.frame
      const frame = stateFrame(sequence, meaning.state, meaning.notice.serial, command)
      expect(hexOf(encodePacket({ ...packet, frame }))).toBe(hex)
    }
  })

  it('finds lists of states whose frames are written again as they were', () => {
    const pages = framesOf((kind) => kind === 'mesh-page')
    expect(pages.length).toBeGreaterThan(2)
    for (const { hex, packet, meaning } of pages) {
      if (meaning.kind !== 'mesh-page') continue
      expect(hexOf(encodePacket({ ...packet, frame: meshPageFrame(packet.frame.sequence, meaning.page) }))).toBe(hex)
    }
  })

  it('finds versions of firmware', () => {
    const versions = framesOf((kind) => kind === 'firmware').map(({ meaning }) => meaning)
    expect(versions).toContainEqual({ kind: 'firmware', firmware: { part: 'device', version: '11158' } })
    expect(versions).toContainEqual({ kind: 'firmware', firmware: { part: 'network', version: '0' } })
  })

  it('tells what the frames of a device say', () => {
    expect(frameMeaning(resultFrame(9, 0xd0, 1))).toEqual({ kind: 'result', result: 1 })
    expect(frameMeaning(stateFrame(9, lamp, 77))).toMatchObject({ kind: 'state', state: lamp })
    const outlet = { ...lamp, subElement: 2 }
    expect(frameMeaning(stateFrame(9, outlet, 77))).toMatchObject({
      state: outlet,
      notice: { source: 0x207, serial: 77 },
    })
    const firmware = { part: 'device', version: '10052' } as const
    expect(firmwareFrame(firmware)).toMatchObject({ leadByte: 0, sequence: 0 })
    expect(frameMeaning(firmwareFrame(firmware))).toEqual({ kind: 'firmware', firmware })
  })

  it.each([
    [
      'a direction that nobody knows',
      { ...cyncFrame('request', 1, 0x52, bytesOf('0000ffff0000')), direction: 'unknown' as const },
    ],
    ['a request that is no command', cyncFrame('request', 1, 0x52, bytesOf('00'))],
    ['a long answer to something else', cyncFrame('response', 1, 0xd0, bytesOf('0000'))],
    ['a list that is cut', cyncFrame('response', 1, 0x52, bytesOf('010000000100'))],
    ['a list without its numbers', cyncFrame('response', 1, 0x52, bytesOf('0100'))],
    ['an announcement of another vendor', cyncFrame('announce', 1, 0xdb, bytesOf('01000007000700db1202'))],
    ['an announcement with another opcode', cyncFrame('announce', 1, 0xdb, bytesOf('01000007000700541102'))],
  ])('is unknown for %s', (_what, frame) => {
    expect(frameMeaning(frame)).toEqual({ kind: 'unknown' })
  })
})

describe('MeshPages', () => {
  it('has all states when the last page is there, in whatever order they come, also twice', () => {
    const pages = new MeshPages()
    const all = [1, 2, 3, 4, 5].map(member)
    expect(pages.add({ offset: 4, total: 5, records: all.slice(4) })).toBeUndefined()
    expect(pages.add({ offset: 0, total: 5, records: all.slice(0, 2) })).toBeUndefined()
    expect(pages.add({ offset: 0, total: 5, records: all.slice(0, 2) })).toBeUndefined()
    expect(pages.add({ offset: 2, total: 5, records: all.slice(2, 4) })).toEqual(all)
  })

  it('takes no more than the total that it is told', () => {
    const pages = new MeshPages()
    expect(pages.add({ offset: 1, total: 1, records: [member(1)] })).toBeUndefined()
    expect(pages.add({ offset: 0, total: 1, records: [member(1), member(2)] })).toEqual([member(1)])
    expect(new MeshPages().add({ offset: 0, total: 0, records: [] })).toEqual([])
  })

  it.each([
    [{ offset: 2, total: 1, records: [] }, 'offset must be a whole number from 0 to 1, got 2'],
    [{ offset: 0, total: 65_536, records: [] }, 'total must be a whole number from 0 to 65535, got 65536'],
    [
      { offset: 0, total: 1, records: [{ ...member(1), brightness: 300 }] },
      'brightness must be a whole number from 0 to 255',
    ],
    [
      { offset: 0, total: 1, records: [{ ...member(1), rgb: [0, 0, 256] as const }] },
      'rgb must be a whole number from 0 to 255',
    ],
    [
      { offset: 0, total: 400, records: Array.from({ length: 341 }, () => member(1)) },
      'records.length must be a whole number',
    ],
  ])('of %o cannot be written', (page, message) => {
    expect(() => encodeMeshPage(page)).toThrow(message)
  })
})

describe('what devices announce', () => {
  it.each([
    [() => encodeState({ ...lamp, brightness: -1 }, 1), 'brightness must be a whole number from 0 to 255, got -1'],
    [() => encodeState({ ...lamp, rgb: [0, 0, 999] }, 1), 'rgb must be a whole number from 0 to 255, got 999'],
    [() => encodeState(lamp, 2 ** 24), 'serial must be a whole number from 0 to 16777215, got 16777216'],
    [
      () => encodeFirmware({ part: 'device', version: '1'.repeat(18) }),
      'version.length must be a whole number from 0 to 17',
    ],
    [
      () => encodeFirmware({ part: 'device', version: 'ü' }),
      'version[0] must be a whole number from 1 to 127, got 252',
    ],
    [
      () => recordEntry(5, { ...lamp, origin: 256, reporterAddress: 7 }),
      'record.origin must be a whole number from 0 to 255',
    ],
  ])('is refused out of its range: %o', (encode, message) => {
    expect(encode).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-packet' }))
    expect(encode).toThrow(message)
  })

  it('is a notice with any opcode', () => {
    const notice = { serial: 3, source: 7, destination: 0xffff, opcode: 0xea, parameters: Uint8Array.of(7, 0xa1) }
    expect(decodeNotice(encodeNotice(notice))).toEqual(notice)
    expect(decodeFirmware(new Uint8Array(32))).toBeUndefined()
    const other = encodeFirmware({ part: 'network', version: '1' })
    other[13] = 2
    expect(decodeFirmware(other)).toBeUndefined()
  })

  it('is a datapoint with a record, as it is read again', () => {
    const record = {
      meshAddress: 7,
      isOn: true,
      brightness: 9,
      colorMode: 0xfe,
      rgb: [1, 2, 3],
      isOnline: true,
      origin: 0x14,
      reporterAddress: 8,
    } as const
    const packet = {
      type: 'sync',
      deviceId: 1,
      messageId: 257,
      flags: 6,
      entries: [recordEntry(6, record)],
      trailing: new Uint8Array(0),
    } as const
    expect(decodePacket(encodePacket(packet))).toEqual({ packet, problems: [] })
  })
})
