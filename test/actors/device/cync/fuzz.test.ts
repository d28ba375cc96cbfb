import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { frameMeaning } from '#actors/device/cync/frame-meaning'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import { testSeed } from '../../../support/test-seed.ts'
import { bytesOf, packetVectors } from './vectors.ts'

const seed = testSeed('damaged Cync packets')
const INPUTS = 1_000_000
const samples = packetVectors.map(({ hex }) => bytesOf(hex))
const small = samples.filter(({ length }) => length <= 64)

/** Bytes of a packet of which some are others, some are missing, some are new; or bytes that never were one. */
class Mutations {
  readonly #random: SeededRandom
  readonly #room = new Uint8Array(2_048)

  constructor(random: SeededRandom) {
    this.#random = random
  }

  below(limit: number): number {
    return this.#random.below(limit)
  }

  next(): Uint8Array {
    const kind = this.below(4)
    if (kind === 0) return this.#noise(this.below(48))
    const from = kind === 1 ? samples : small
    const sample = from[this.below(from.length)]!
    this.#room.set(sample)
    const changes = 1 + this.below(3)
    for (let change = 0; change < changes; change++) this.#room[this.below(sample.length)] = this.below(256)
    const length = this.below(8) === 0 ? this.below(sample.length + 1) : sample.length
    // A header that announces what there is: otherwise few would get any further.
    if (length > 5 && this.below(2) === 0) this.#room.set([0, 0, (length - 5) >> 8, (length - 5) & 0xff], 1)
    return this.#room.subarray(0, length)
  }

  #noise(length: number): Uint8Array {
    for (let index = 0; index < length; index++) this.#room[index] = this.below(256)
    return this.#room.subarray(0, length)
  }
}

describe(`Cync with ${INPUTS} damaged inputs`, { timeout: 120_000 }, () => {
  it('decodes them all to something; what decodes without a problem is encoded to what decodes alike', () => {
    const mutations = new Mutations(new SeededRandom(seed))
    const seen = new Set<string>()
    for (let input = 0; input < INPUTS; input++) {
      const bytes = mutations.next()
      const { packet, problems } = decodePacket(bytes)
      seen.add(packet.type)
      if (packet.type === 'pipe' || packet.type === 'pipe-sync') seen.add(frameMeaning(packet.frame).kind)
      if (input % 20 > 0 || problems.length > 0) continue
      if (packet.type === 'time' && !isDate(packet)) continue
      const again = encodePacket(packet)
      if (Buffer.compare(again, bytes) !== 0) expect(decodePacket(again)).toEqual({ packet, problems })
    }
    for (const kind of [
      'malformed',
      'unknown',
      'pipe',
      'sync',
      'command',
      'result',
      'state',
      'mesh-page',
      'firmware',
    ]) {
      expect([...seen]).toContain(kind)
    }
  })

  it('finds its way back into the stream with the next run of packets', () => {
    const mutations = new Mutations(new SeededRandom(seed + 1))
    const run = Uint8Array.from(Buffer.concat([...small, ...small]))
    const wanted = Buffer.concat(small)
    const framing = new CyncFraming()
    let passed = Buffer.alloc(0)
    const onRun = (packet: Uint8Array): void => {
      passed = Buffer.concat([passed, packet]).subarray(-wanted.length)
    }
    for (let input = 0; input < INPUTS; input++) {
      framing.push(mutations.next(), () => {})
      if (input % 1_000 > 0) continue
      framing.push(run, onRun)
      if (Buffer.compare(passed, wanted) !== 0) expect({ input, passed }).toEqual({ input, passed: wanted })
      expect(framing.heldBytes).toBe(0)
    }
    expect(framing.skippedBytes).toBeGreaterThan(INPUTS)
  })
})

interface DateLike {
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly utcOffset: number
}

/** Decoding takes any; encoding does not. */
function isDate({ month, day, weekday, hour, minute, second, utcOffset }: DateLike): boolean {
  const inRange = [
    [month, 1, 12],
    [day, 1, 31],
    [weekday, 1, 7],
    [hour, 0, 23],
    [minute, 0, 59],
    [second, 0, 60],
  ]
  return inRange.every(([value, min, max]) => value! >= min! && value! <= max!) && Math.abs(utcOffset) <= 1_459
}
