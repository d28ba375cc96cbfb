import { describe, expect, it } from 'vitest'
import type { CyncCommand, CyncTarget } from '#actors/device/cync/command'
import { repetitionOf } from '#actors/device/cync/command'
import { encodeCommand } from '#actors/device/cync/command-codec'
import { frameMeaning } from '#actors/device/cync/frame-meaning'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { bytesOf, hexOf, packetVectors } from './vectors.ts'

const commands = packetVectors.filter(({ expected }) => expected.frame?.['direction'] === 'request')

describe('commands of real servers and apps', () => {
  it.each(commands)('$id is encoded again as it was: $meaning', ({ hex }) => {
    const { packet } = decodePacket(bytesOf(hex))
    if (packet.type !== 'pipe') throw new Error(packet.type)
    const meaning = frameMeaning(packet.frame)
    if (meaning.kind !== 'command') throw new Error(meaning.kind)
    const frame = encodeCommand(meaning.command, meaning.target, packet.frame.sequence, meaning.relayId)
    expect(hexOf(encodePacket({ ...packet, frame }))).toBe(hex)
  })
})

const lamp: CyncTarget = { kind: 'device', meshAddress: 7 }

/** As data of the frame: relay header, then opcode, vendor and parameters. */
const encoded: readonly (readonly [CyncCommand, CyncTarget, string])[] = [
  [{ kind: 'power', isOn: true }, lamp, '210000 0000 0700 d0 1102 010000'],
  [
    { kind: 'power', isOn: false },
    { kind: 'device', meshAddress: 6, subElement: 1 },
    '210000 0000 0601 d0 1102 000000',
  ],
  [{ kind: 'power', isOn: true }, { kind: 'group', group: 16 }, '210000 0000 1080 d0 1102 010000'],
  [{ kind: 'power', isOn: true }, { kind: 'group', group: 0 }, '210000 0000 0080 d0 1102 010000'],
  [{ kind: 'power', isOn: true }, { kind: 'broadcast' }, '210000 0000 ffff d0 1102 010000'],
  [{ kind: 'brightness', brightness: 1 }, lamp, '210000 0000 0700 d2 1102 01'],
  [{ kind: 'white', temperature: 100 }, lamp, '210000 0000 0700 e2 1102 0564'],
  [{ kind: 'rgb', rgb: [1, 2, 255] }, lamp, '210000 0000 0700 e2 1102 040102ff'],
  [{ kind: 'combined', isOn: true }, lamp, '210000 0000 0700 f0 1102 01ffffffffff'],
  [
    { kind: 'combined', isOn: false, brightness: 0, color: { white: 58 } },
    lamp,
    '210000 0000 0700 f0 1102 00003a000000',
  ],
  [{ kind: 'combined', isOn: true, color: { rgb: [0, 251, 255] } }, lamp, '210000 0000 0700 f0 1102 01fffe00fbff'],
  [{ kind: 'light-show', show: 'rainbow' }, lamp, '210000 0000 0700 e2 1102 0701027a'],
  [{ kind: 'fade', brightness: 50.5, durationMs: 1_000 }, lamp, '210000 0000 0700 e2 1102 0801f903e8'],
  [
    { kind: 'relay', command: 0x8e, opcode: 0xf7, parameters: Uint8Array.of(1, 2) },
    lamp,
    '210000 0000 0700 f7 1102 0102',
  ],
]

describe('encodeCommand', () => {
  it.each(encoded)('writes %o for %o', (command, target, data) => {
    const frame = encodeCommand(command, target, 0x21)
    expect(hexOf(frame.data)).toBe(data.replaceAll(' ', ''))
    expect(frameMeaning(frame)).toEqual({ kind: 'command', command, target, relayId: 0x21 })
  })

  it.each([
    ['mesh-query', '52', '0000ffff0000'],
    ['after-mesh-query', 'af', 'af01'],
    ['session-end', 'ea', ''],
  ] as const)('writes %s without a target', (kind, command, data) => {
    const frame = encodeCommand({ kind }, undefined, 31)
    expect([frame.command.toString(16), hexOf(frame.data)]).toEqual([command, data])
    expect(frameMeaning(frame)).toEqual({ kind: 'command', command: { kind } })
  })

  it.each([
    [{ kind: 'brightness', brightness: 0 }, lamp, 'brightness must be a whole number from 1 to 100, got 0'],
    [{ kind: 'brightness', brightness: 101 }, lamp, 'brightness must be a whole number from 1 to 100, got 101'],
    [{ kind: 'white', temperature: 101 }, lamp, 'temperature must be a whole number from 0 to 100, got 101'],
    [{ kind: 'rgb', rgb: [0, 256, 0] }, lamp, 'rgb[1] must be a whole number from 0 to 255, got 256'],
    [{ kind: 'rgb', rgb: [0, 0] }, lamp, 'rgb.length must be a whole number from 3 to 3, got 2'],
    [
      { kind: 'combined', isOn: true, brightness: 101 },
      lamp,
      'brightness must be a whole number from 0 to 100, got 101',
    ],
    [{ kind: 'combined', isOn: true, color: { white: -1 } }, lamp, 'color.white must be a whole number from 0 to 100'],
    [{ kind: 'light-show', show: 'disco' }, lamp, 'show must be one of candle, rainbow, cyber, fireworks, volcanic, '],
    [
      { kind: 'fade', brightness: 0.05, durationMs: 1 },
      lamp,
      'brightness must be from 0 to 100 in steps of 0.1, got 0.05',
    ],
    [
      { kind: 'fade', brightness: 1, durationMs: 65_536 },
      lamp,
      'durationMs must be a whole number from 0 to 65535, got',
    ],
    [{ kind: 'power', isOn: true }, undefined, "a command 'power' needs a target, got undefined"],
    [
      { kind: 'power', isOn: true },
      { kind: 'device', meshAddress: 0 },
      'meshAddress must be a whole number from 1 to 255',
    ],
    [
      { kind: 'power', isOn: true },
      { kind: 'device', meshAddress: 1, subElement: 128 },
      'subElement must be a whole number',
    ],
    [
      { kind: 'power', isOn: true },
      { kind: 'group', group: 32_767 },
      'group must be a whole number from 0 to 32766, got 32767',
    ],
    [{ kind: 'power', isOn: true }, { kind: 'room' }, "target.kind must be device, group or broadcast, got 'room'"],
    [{ kind: 'explode' }, lamp, "there is no command of kind 'explode'"],
    [{ kind: 'relay', command: 256, opcode: 1, parameters: new Uint8Array(0) }, lamp, 'command must be a whole number'],
  ])('refuses %o for %o', (command, target, message) => {
    const encode = () => encodeCommand(command as CyncCommand, target as CyncTarget, 1)
    expect(encode).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-packet' }))
    expect(encode).toThrow(message)
  })
})

describe('repetitionOf', () => {
  it.each([
    [{ kind: 'power', isOn: true }, 'repeatable'],
    [{ kind: 'light-show', show: 'candle' }, 'repeatable'],
    [{ kind: 'mesh-query' }, 'repeatable'],
    [{ kind: 'session-end' }, 'at-most-once'],
    [{ kind: 'relay', command: 0x8e, opcode: 0xf7, parameters: new Uint8Array(0) }, 'at-most-once'],
    [{ kind: 'relay', command: 0x8e, opcode: 0xea, parameters: new Uint8Array(0) }, 'at-most-once'],
    [{ kind: 'relay', command: 0x8e, opcode: 0x33, parameters: new Uint8Array(0) }, 'at-most-once'],
    [{ kind: 'relay', command: 0xd0, opcode: 0xd0, parameters: new Uint8Array(0) }, 'repeatable'],
  ] as const)('says of %o: %s', (command, repetition) => {
    expect(repetitionOf(command)).toBe(repetition)
  })
})
