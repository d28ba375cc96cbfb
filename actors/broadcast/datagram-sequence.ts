import { ProtocolError } from 'troupe'
import { bufferOverflow, checkOffset } from '../codec/room.ts'
import { checkSendLength } from '../connection/message-limit.ts'

/**   byte    field     meaning
 *    0       sender    chosen at random when the sender starts, unsigned 32-bit, little-endian
 *    4       sequence  counts the sender's datagrams, begins again with 0 after 2^32 - 1, unsigned 32-bit, little-endian
 *    8       message   all the rest */
const SEQUENCE_OFFSET = 4
export const DATAGRAM_HEADER_BYTES = 8

/** What fits behind the headers of IPv4 and UDP: 65,535 - 20 - 8. Bytes. */
const DATAGRAM_BYTES_MAX = 65_507

/** Longest message of a datagram, inclusive. Bytes. */
export const DATAGRAM_MESSAGE_BYTES_MAX = DATAGRAM_BYTES_MAX - DATAGRAM_HEADER_BYTES

/**
 * Numbers the datagrams of one sender, so that receivers can count what the network lost. A sender that starts again has
 * another id: to its receivers it is another stream.
 */
export class DatagramSequence {
  /** Whole number, 0 to 2^32 - 1. */
  readonly senderId: number
  #next: number

  /**
   * @param random numbers in [0, 1): one is taken, for the id
   * @param first sequence of the first datagram
   */
  constructor(random: { next(): number }, first = 0) {
    this.senderId = Math.floor(random.next() * 0x1_0000_0000)
    this.#next = first
  }

  /**
   * Writes the header of the next datagram in front of a message, which may come later; answers the offset behind it. Whatever
   * becomes of that datagram, the next one has the next number. Throws, and counts nothing: `CapacityError`
   * (`message-too-large`) for a message that no datagram can carry, (`buffer-overflow`) without room for header and message.
   */
  writeHeader(target: Uint8Array, offset: number, messageBytes: number): number {
    checkSendLength(messageBytes, DATAGRAM_MESSAGE_BYTES_MAX)
    checkOffset(target, offset)
    const needed = DATAGRAM_HEADER_BYTES + messageBytes
    if (needed > target.length - offset) throw bufferOverflow(needed, offset, target.length)
    writeU32(target, offset, this.senderId)
    writeU32(target, offset + SEQUENCE_OFFSET, this.#next)
    this.#next = (this.#next + 1) >>> 0
    return offset + DATAGRAM_HEADER_BYTES
  }

  /** The next datagram as a whole, in memory of its own. Throws `CapacityError` (`message-too-large`). */
  encode(message: Uint8Array): Uint8Array {
    checkSendLength(message.length, DATAGRAM_MESSAGE_BYTES_MAX)
    const datagram = new Uint8Array(DATAGRAM_HEADER_BYTES + message.length)
    datagram.set(message, this.writeHeader(datagram, 0, message.length))
    return datagram
  }
}

/** Who sent a datagram. Throws `ProtocolError` (`unexpected-end`) if it is shorter than the header. */
export function datagramSenderId(datagram: Uint8Array): number {
  checkHeader(datagram)
  return readU32(datagram, 0)
}

/** Which of its sender's datagrams it is. Throws `ProtocolError` (`unexpected-end`) if it is shorter than the header. */
export function datagramSequence(datagram: Uint8Array): number {
  checkHeader(datagram)
  return readU32(datagram, SEQUENCE_OFFSET)
}

/** The message of a datagram, as a view of it. Throws `ProtocolError` (`unexpected-end`) if it is shorter than the header. */
export function datagramMessage(datagram: Uint8Array): Uint8Array {
  checkHeader(datagram)
  return datagram.subarray(DATAGRAM_HEADER_BYTES)
}

function checkHeader({ length }: Uint8Array): void {
  if (length >= DATAGRAM_HEADER_BYTES) return
  throw new ProtocolError(
    'unexpected-end',
    `a datagram of ${length} bytes ends inside of its header of ${DATAGRAM_HEADER_BYTES} bytes`,
  )
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  for (let index = 0; index < 4; index++) bytes[at + index] = value >>> (8 * index)
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
