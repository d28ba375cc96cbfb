import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import type { CyncProblem } from '#actors/device/cync/packet-payload'
import { bytesOf, hexOf } from './vectors.ts'

interface Read {
  readonly conn: number
  readonly dir: string
  readonly hex: string
}

const recording = readFileSync('actors/replay/recordings/cync-home-a.ndjson', 'utf8')
const reads = recording
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Read)
const directions = grouped(reads)

function grouped(all: readonly Read[]): Map<string, Read[]> {
  const groups = new Map<string, Read[]>()
  for (const read of all) {
    const key = `${read.conn} ${read.dir}`
    groups.set(key, [...(groups.get(key) ?? []), read])
  }
  return groups
}

describe('the recording of a home', () => {
  it('decodes to the last byte, both ways, on each connection, and is encoded again as it was', () => {
    let packets = 0
    let bytes = 0
    const problems = new Map<CyncProblem, number>()
    for (const [connection, connectionReads] of directions) {
      const framing = new CyncFraming()
      for (const { hex } of connectionReads) {
        framing.push(bytesOf(hex), (packet) => {
          packets++
          bytes += packet.length
          const decoded = decodePacket(packet)
          for (const problem of decoded.problems) problems.set(problem, (problems.get(problem) ?? 0) + 1)
          expect(hexOf(encodePacket(decoded.packet))).toBe(hexOf(packet))
        })
      }
      const { heldBytes, skippedBytes } = framing
      expect({ connection, heldBytes, skippedBytes }).toEqual({ connection, heldBytes: 0, skippedBytes: 0 })
    }
    expect({ packets, bytes, problems: Object.fromEntries(problems) }).toEqual({
      packets: 2_647,
      bytes: 71_804,
      problems: { 'not-escaped': 2, 'trailing-bytes': 41, 'wrong-checksum': 104 },
    })
  })
})
