import { describe, expect, it } from 'vitest'
import {
  DATAGRAM_MESSAGE_BYTES_MAX,
  DatagramSequence,
  datagramMessage,
  datagramSenderId,
  datagramSequence,
} from '#actors/broadcast/datagram-sequence'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const fixed = (value: number) => ({ next: () => value })

describe('DatagramSequence', () => {
  it('writes sender and number in front of the message, both little-endian', () => {
    const sequence = new DatagramSequence(fixed(0x12345678 / 2 ** 32), 0x01020304)
    expect(hex(sequence.encode(Uint8Array.of(0xaa, 0xbb)))).toBe('7856341204030201aabb')
  })

  it('counts from 0 and begins again with 0 after the last number', () => {
    const numbers = (sequence: DatagramSequence) =>
      Array.from({ length: 3 }, () => datagramSequence(sequence.encode(new Uint8Array(0))))
    expect(numbers(new DatagramSequence(fixed(0)))).toEqual([0, 1, 2])
    expect(numbers(new DatagramSequence(fixed(0), 0xffff_fffe))).toEqual([0xffff_fffe, 0xffff_ffff, 0])
  })

  it('takes its id from the random numbers, up to 2^32 - 1', () => {
    expect(new DatagramSequence(fixed(0)).senderId).toBe(0)
    const sequence = new DatagramSequence(fixed(1 - Number.EPSILON / 2))
    expect(sequence.senderId).toBe(0xffff_ffff)
    expect(datagramSenderId(sequence.encode(new Uint8Array(0)))).toBe(0xffff_ffff)
  })

  it('writes a header in front of a message that comes later', () => {
    const target = new Uint8Array(13).fill(0xee)
    const sequence = new DatagramSequence(fixed(0), 7)
    expect(sequence.writeHeader(target, 2, 3)).toBe(10)
    expect(hex(target)).toBe('eeee0000000007000000eeeeee')
  })

  it('passes the message on as a view of the datagram', () => {
    const datagram = new DatagramSequence(fixed(0)).encode(Uint8Array.of(1, 2, 3))
    const message = datagramMessage(datagram)
    expect(message).toEqual(Uint8Array.of(1, 2, 3))
    expect(message.buffer).toBe(datagram.buffer)
  })

  it('fills a datagram to 65,507 bytes and refuses one byte more, without using up a number', () => {
    const sequence = new DatagramSequence(fixed(0))
    expect(sequence.encode(new Uint8Array(DATAGRAM_MESSAGE_BYTES_MAX))).toHaveLength(65_507)
    expect(() => sequence.encode(new Uint8Array(65_500))).toThrow(
      expect.objectContaining({
        name: 'CapacityError',
        code: 'message-too-large',
        message: 'a message of 65500 bytes is too large to send, limit 65499',
        lengthBytes: 65_500,
        limitBytes: 65_499,
      }),
    )
    expect(datagramSequence(sequence.encode(new Uint8Array(0)))).toBe(1)
  })

  it('refuses a buffer without room for header and message, without using up a number', () => {
    const sequence = new DatagramSequence(fixed(0))
    expect(() => sequence.writeHeader(new Uint8Array(12), 2, 3)).toThrow(
      expect.objectContaining({ name: 'CapacityError', code: 'buffer-overflow' }),
    )
    expect(() => sequence.writeHeader(new Uint8Array(12), -1, 3)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'invalid-offset' }),
    )
    expect(datagramSequence(sequence.encode(new Uint8Array(0)))).toBe(0)
  })

  it.each([datagramSenderId, datagramSequence, datagramMessage])(
    '%o refuses a datagram without a whole header',
    (read) => {
      expect(() => read(new Uint8Array(7))).toThrow(
        expect.objectContaining({
          name: 'ProtocolError',
          code: 'unexpected-end',
          message: 'a datagram of 7 bytes ends inside of its header of 8 bytes',
        }),
      )
    },
  )
})
