import { readFileSync } from 'node:fs'
import type { Tally } from '../harness/bench-case.ts'
import { packageRoot } from '../harness/package-root.ts'

/** Reads of one direction of one connection, in order. */
export type RecordedStream = readonly Uint8Array[]

const FILE = 'actors/replay/recordings/cync-home-a.ndjson'
/** Of the recording, both directions: counted of the file by other means. */
const PACKETS = 2_647
const BYTES = 71_804
const DATA_BYTES = 5_053
const RECORDS = 413

/** The streams of the recording, 20 minutes of a home. */
export function recordedStreams(): readonly RecordedStream[] {
  const streams = new Map<string, Uint8Array[]>()
  for (const line of readFileSync(new URL(FILE, packageRoot), 'utf8').trimEnd().split('\n')) {
    const { conn, dir, hex } = JSON.parse(line) as { conn: number; dir: string; hex: string }
    const key = `${conn} ${dir}`
    const stream = streams.get(key) ?? []
    stream.push(Buffer.from(hex, 'hex'))
    streams.set(key, stream)
  }
  return [...streams.values()]
}

/** What a decoder has seen: packets, and as the checksum their bytes, those of the data in their frames, and mesh records. */
export class DecodedTally {
  packets = 0
  bytes = 0
  dataBytes = 0
  records = 0

  get tally(): Tally {
    return { counted: this.packets, checksum: this.bytes + this.dataBytes + this.records }
  }
}

/** Of the whole recording, so many times. */
export function expectedOf(loops: number): Tally {
  return { counted: loops * PACKETS, checksum: loops * (BYTES + DATA_BYTES + RECORDS) }
}
