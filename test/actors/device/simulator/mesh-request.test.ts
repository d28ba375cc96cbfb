import { describe, expect, it } from 'vitest'
import type { Pipe } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { readMeshRequest } from '#actors/device/simulator/mesh-request'
import { bytesOf, packetVectors } from '../cync/vectors.ts'

/** A request as an app or a server was seen to send it. */
function recorded(id: string): ReturnType<typeof readMeshRequest> {
  const vector = packetVectors.find((one) => one.id === id)
  const { frame } = decodePacket(bytesOf(vector!.hex)).packet as Pipe
  return readMeshRequest(frame.command, frame.data)
}

const read = (command: number, hex: string) => readMeshRequest(command, bytesOf(hex))
const relay = (opcode: string, parameters: string) => `0100000000${'0700'}${opcode}1102${parameters}`

describe('a request as it was recorded', () => {
  it.each([
    ['v013', 0x8010, { isOn: true, brightness: 100 }],
    ['v045', 206, { isOn: true }],
    ['v046', 206, { isOn: true, whiteTemperature: 58 }],
    ['v047', 0x800a, { isOn: false }],
    ['v131', 7, { isOn: true, brightness: 39 }],
    ['v133', 7, { isOn: true, rgb: [0, 0xfb, 0xff] }],
    ['v138', 10, { isOn: true, lightShow: 4 }],
  ])('%s changes lamps', (id, destination, change) => {
    expect(recorded(id)).toEqual({ kind: 'change', destination, change })
  })

  it.each([
    ['v009', { kind: 'states' }],
    ['v017', { kind: 'plain' }],
    ['v063', { kind: 'plain' }],
    ['v068', { kind: 'passthrough', destination: 0xa0, opcode: 0xf7, query: 2 }],
    ['v076', { kind: 'passthrough', destination: 0xa0, opcode: 0xea, query: 5 }],
    ['v111', { kind: 'passthrough', destination: 0xffff, opcode: 0xf7, query: 0x21 }],
  ])('%s asks for something else', (id, request) => {
    expect(recorded(id)).toEqual(request)
  })
})

describe('a request', () => {
  it.each([
    ['brightness', 0xd2, relay('d2', '28'), { brightness: 40, isOn: true }],
    ['brightness 0 as off', 0xd2, relay('d2', '00'), { brightness: 0, isOn: false }],
    ['white temperature', 0xe2, relay('e2', '0564'), { whiteTemperature: 100 }],
    ['colour', 0xe2, relay('e2', '04010203'), { rgb: [1, 2, 3] }],
    ['a fade to a tenth of per cent', 0xe2, relay('e2', '0801f403e8'), { brightness: 50 }],
    ['everything kept but off', 0xf0, relay('f0', '00ffff000000'), { isOn: false }],
  ])('is read as %s', (_what, command, hex, change) => {
    expect(read(command, hex)).toEqual({ kind: 'change', destination: 7, change })
  })

  it.each([
    ['too short for its header', 0xd0, '0100'],
    ['without parameters', 0xd0, relay('d0', '')],
    ['too bright', 0xd2, relay('d2', '65')],
    ['too cool', 0xe2, relay('e2', '0565')],
    ['half a colour', 0xe2, relay('e2', '0401')],
    ['a light show that there is not', 0xe2, relay('e2', '07010bff')],
    ['an unknown kind of colour', 0xe2, relay('e2', '0901')],
    ['half a fade', 0xe2, relay('e2', '0801')],
    ['combined, too bright', 0xf0, relay('f0', '0165ff000000')],
    ['combined, with a mode that there is not', 0xf0, relay('f0', '0101c8000000')],
    ['passed through without an opcode', 0x8e, '0100'],
  ])('is invalid: %s', (_what, command, hex) => {
    expect(read(command, hex)).toEqual({ kind: 'invalid' })
  })
})
