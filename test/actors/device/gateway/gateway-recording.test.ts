import { connect } from 'node:net'
import { loadRecordings, serveCync } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { eventually } from '../../../support/eventually.ts'
import { sharedSystem } from '../../../support/shared-system.ts'

const system = sharedSystem({ threads: 1 })

describe('a gateway that a recording is replayed to', { timeout: 60_000 }, () => {
  it('accounts for each of its packets', async () => {
    const recordings = await loadRecordings()
    const gateway = serveCync(system(), 'tcp://127.0.0.1:0', { queryAfterMs: Number.POSITIVE_INFINITY })
    await gateway.ready()
    onTestFinished(() => system().stop(gateway))
    const [url] = await gateway.ask.endpoints()
    const port = Number(new URL(url!.replace('tcp:', 'http:')).port)
    const wanted: Record<string, number> = {}
    for (const { bytes, reads, packets } of recordings) {
      let start = 0
      for (const { endOffset } of packets) {
        const { type } = decodePacket(bytes.subarray(start, endOffset)).packet
        wanted[type] = (wanted[type] ?? 0) + 1
        start = endOffset
      }
      await replay(port, bytes, reads)
    }
    // A thread tells what it has counted when its last connection has ended.
    await eventually(async () => expect((await gateway.ask.statistics()).packets.received).toEqual(wanted))
    const { packets, controllers, commands } = await gateway.ask.statistics()
    expect(Object.values(wanted).reduce((sum, count) => sum + count)).toBeGreaterThan(2_000)
    expect(packets).toMatchObject({ skippedBytes: 0, refusedLogins: 0, silent: 0 })
    expect(controllers).toMatchObject({ online: 0 })
    expect(commands.given).toBe(0)
    expect(await gateway.ask.states()).not.toEqual([])
  })
})

/** Each read as one write, without waiting; then until the gateway has ended its side too. */
async function replay(
  port: number,
  bytes: Uint8Array,
  reads: readonly { readonly endOffset: number }[],
): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.resume()
  let start = 0
  for (const { endOffset } of reads) {
    socket.write(bytes.subarray(start, endOffset))
    start = endOffset
  }
  socket.end()
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject))
}
