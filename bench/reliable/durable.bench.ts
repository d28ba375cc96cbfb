import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem } from 'troupe'
import { dialReliable, type TcpEndpoint } from 'troupe/actors'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import { anyPort } from '../net/addresses.ts'
import { messageAt, messageViews } from '../net/message-views.ts'
import type { FlowSize } from '../net/net-works.ts'
import { startPartner } from '../net/partner.ts'
import { ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'

const sizeOf = (messages: number, smoke: number) =>
  sizes<FlowSize>({ messages, messageBytes: 256 }, { messages: smoke })

/**
 * 256 bytes, each stored on disk before it is sent over TCP to another process, and acknowledged by it. The other one has the same session and
 * outbox, and waits for each message before the next: one flush of the disk for each.
 */
export const durable = benchCase<FlowSize>({
  name: 'reliable/durable',
  rows: [{ bench: 'reliable/durable', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(100_000, 500)),
  peers: [{ ...ours(import.meta.url, sizeOf(500, 20), 'flushEach'), name: 'one flush a message', reach: 20 }],
  expected: expectedTally,
})

export const works = {
  ours: (size: FlowSize): Promise<Outcome> => stored(size, BATCH),
  flushEach: (size: FlowSize): Promise<Outcome> => stored(size, 1),
}

const deadline = { deadlineMs: 600_000 }
const BATCH = 2_048
/** Batches under way: the next one is stored while the last one is sent. */
const BATCHES = 4
const wide = { windowMax: 4_096, receiveQueueMax: 4_096, processingMax: 4_096, sendQueueMax: 8_192 }

/** @param batch messages that are sent together; of one there is one at a time */
async function stored({ messages, messageBytes }: FlowSize, batch: number): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'troupe-durable-'))
  const receiving = await startPartner('process', siblingModule('sessions', import.meta.url), 'receiver', anyPort)
  const system = await createSystem({ threads: 0, signals: false })
  try {
    const { host, port } = (await receiving.address()) as TcpEndpoint
    const endpoint = { protocol: 'tcp', host, port } as const
    const client = dialReliable(system, endpoint, { ...wide, outbox: { directory } })
    const views = messageViews(messageBytes)
    return await rateOf(messages, async (count) => {
      let next = 0
      const lane = async (): Promise<void> => {
        while (next < count) {
          const payloads = []
          for (let n = 0; n < batch && next < count; n++) payloads.push(messageAt(views, next++))
          const { failed } = await client.with(deadline).ask.sendMany(payloads)
          if (failed.length > 0) throw new Error(`${failed.length} messages failed: ${JSON.stringify(failed[0])}`)
        }
      }
      const lanes = Array.from({ length: batch === 1 ? 1 : BATCHES }, lane)
      const [tally] = await Promise.all([receiving.receive(count), ...lanes])
      return tally
    })
  } finally {
    await system.shutdown()
    await rm(directory, { recursive: true })
  }
}
