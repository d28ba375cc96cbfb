import { randomInt } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogLine } from '#src/memory/log-ring'
import type { RecordedEvent } from '#src/memory/recorder'
import { SystemMemory } from '#src/memory/system-memory'

const shape = {
  seatsMax: 2,
  actorsPerSeat: 1,
  ringBytes: 64,
  arenaBytesPerSeat: 4_096,
  recorderEvents: 16,
  logBytes: 512,
}
const DEADLINE_MS = 20_000

let system: SystemMemory
let worker: Worker
let failure: Error | undefined

beforeEach(() => {
  system = SystemMemory.create(shape)
  failure = undefined
  worker = new Worker(new URL('../../dist/test/fixtures/memory/witness.stress.js', import.meta.url), {
    workerData: system.buffer,
  })
  worker.on('error', (error) => void (failure = error))
})

afterEach(async () => {
  await worker.terminate()
})

/** Calls `look` until it answers true, letting the event loop turn in between. */
async function repeat(look: () => boolean): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS
  while (!look()) {
    if (failure !== undefined) throw failure
    if (performance.now() > endMs) throw new Error('the other thread did not get there before the deadline')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function isWhole(event: RecordedEvent): boolean {
  const { number: n, kind, slot, timeMs, a, b } = event
  return kind === n && slot === n + 1 && timeMs === n * 0.5 && a === n * 2 && b === -n
}

describe('Recorder and LogRing while another thread writes', () => {
  it('shows whole events in order, in a recorder that is overwritten all the time', async () => {
    const recorder = system.recorder(1)
    let read = 0
    await repeat(() => {
      const events = recorder.read()
      expect(events.filter((event) => !isWhole(event))).toEqual([])
      expect(events.every((event, k) => k === 0 || event.number > events[k - 1]!.number)).toBe(true)
      read += events.length
      return read > 20_000 && recorder.written > 20_000
    })
  }, 30_000)

  it('shows the last events and the last lines of a thread that was ended', async () => {
    const reader = system.logReader(1)
    const lines: LogLine[] = []
    const linesMin = randomInt(500)
    await repeat(() => reader.dropped > 0) // nobody reads: the ring fills up
    await repeat(() => {
      reader.drain((line) => void lines.push(line), 1_000)
      return lines.length > linesMin
    })
    await worker.terminate()
    reader.drain((line) => void lines.push(line), 1_000)
    expect(lines.every(({ slot, text }, n) => slot === n && text === `${n}:${'abc'.repeat(n % 9)}`)).toBe(true)
    expect([lines.length, lines.length - 1]).toContain(reader.written) // ended in its last line, it could not count it
    const events = system.recorder(1).read()
    expect(events.length).toBeGreaterThanOrEqual(shape.recorderEvents - 1)
    expect(events.every(isWhole)).toBe(true)
    expect([system.recorder(1).written, system.recorder(1).written + 1]).toContain(events.at(-1)!.number + 1)
  }, 30_000)
})
