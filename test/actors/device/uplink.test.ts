import { describe, expect, it } from 'vitest'
import { Uplink } from '#actors/device/uplink'
import { LoopStream } from '#actors/replay/loop-stream'
import { loadRecordings } from '#actors/replay/recording-file'
import { ReplaySchedule, steadyPace } from '#actors/replay/replay-schedule'

class FakeSocket {
  readonly written: Uint8Array[] = []
  writableNeedDrain = false
  writes = 0
  #isCorked = false

  write(chunk: Uint8Array | string): boolean {
    if (!this.#isCorked) throw new Error('written while not corked')
    this.written.push(chunk as Uint8Array)
    return true
  }

  cork(): void {
    this.#isCorked = true
  }

  uncork(): void {
    this.#isCorked = false
    this.writes++
  }
}

const stream = new LoopStream(loadRecordings()[2]!)
const identity = {
  link: 'a:1:1',
  device: 'device-1',
  recordingId: 2,
  deviceThread: 'worker-1',
  connectionThread: 'worker-2',
}

function makeUplink(packetsPerSecond: number) {
  const socket = new FakeSocket()
  const schedule = new ReplaySchedule(steadyPace(packetsPerSecond), 0, 100)
  const unitsEnd = (count: number) => stream.packetsEnd(count)
  return { socket, uplink: new Uplink({ identity, socket, stream, schedule, unitsEnd, openedMs: 0 }) }
}

describe('Uplink', () => {
  it('sends the due packets of the looped recording, each time in one write', () => {
    const { socket, uplink } = makeUplink(100)
    for (let nowMs = 0; nowMs <= 1_000; nowMs += 50) uplink.sendDue(nowMs)
    expect(Buffer.concat(socket.written)).toEqual(Buffer.concat([...stream.slices(0, stream.packetsEnd(100))]))
    expect(socket.writes).toBe(20)
  })

  it('sends nothing while the socket is full, and catches up afterwards', () => {
    const { socket, uplink } = makeUplink(100)
    socket.writableNeedDrain = true
    uplink.sendDue(500)
    expect(socket.written).toEqual([])
    socket.writableNeedDrain = false
    uplink.sendDue(600)
    expect(Buffer.concat(socket.written).length).toBe(stream.packetsEnd(60))
  })

  it('reports the bytes, their hash and the packets in them', () => {
    const { uplink } = makeUplink(100)
    uplink.sendDue(30)
    expect(uplink.report('open')).toEqual({
      ...identity,
      end: 'device',
      state: 'open',
      openedMs: 0,
      byteCount: stream.packetsEnd(3),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      packets: stream.packetCounts(stream.packetsEnd(3)),
    })
  })
})
