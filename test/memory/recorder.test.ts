import { describe, expect, it } from 'vitest'
import { Recorder } from '#src/memory/recorder'
import {
  EVENT_BEGUN_WORD,
  EVENT_ENDED_WORD,
  RECORDER_EVENTS_BYTE,
  recorderRegionBytes,
} from '#src/memory/recorder-layout'

function recorder(eventsMax = 8) {
  const memory = new SharedArrayBuffer(recorderRegionBytes(eventsMax))
  return {
    words: new Int32Array(memory),
    writer: new Recorder(memory, 0, eventsMax),
    reader: new Recorder(memory, 0, eventsMax),
  }
}

const firstEvent = RECORDER_EVENTS_BYTE >> 2

describe('Recorder', () => {
  it('shows nothing where nothing was recorded', () => {
    expect(recorder().reader.read()).toEqual([])
  })

  it('keeps every field of an event', () => {
    const { writer, reader } = recorder()
    writer.record(3, 17, 1.5, 2.5, -7)
    writer.record(4, -1, 1.75)
    expect(reader.read()).toEqual([
      { number: 0, kind: 3, slot: 17, timeMs: 1.5, a: 2.5, b: -7 },
      { number: 1, kind: 4, slot: -1, timeMs: 1.75, a: 0, b: 0 },
    ])
  })

  it('keeps the last events, oldest first', () => {
    const { writer, reader } = recorder(8)
    for (let n = 0; n < 21; n++) writer.record(n, 0, n)
    expect(reader.written).toBe(21)
    expect(reader.read().map((event) => event.kind)).toEqual([13, 14, 15, 16, 17, 18, 19, 20])
  })

  it('goes on behind the events of a dead thread', () => {
    const { writer, words, reader } = recorder()
    writer.record(1, 0, 1)
    words[firstEvent + 10 + EVENT_BEGUN_WORD] = 2 // died while it wrote the second
    const successor = reader
    expect(successor.read().map((event) => event.kind)).toEqual([1])
    successor.record(2, 0, 2)
    expect(successor.read().map((event) => event.kind)).toEqual([1, 2])
  })

  it('leaves out an event that is being overwritten', () => {
    const { writer, words, reader } = recorder(8)
    for (let n = 0; n < 8; n++) writer.record(n, 0, n)
    words[firstEvent + EVENT_BEGUN_WORD] = 9
    expect(reader.read().map((event) => event.kind)).toEqual([1, 2, 3, 4, 5, 6, 7])
    words[firstEvent + EVENT_ENDED_WORD] = 9
    expect(reader.read().map((event) => event.kind)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('goes on where the numbers wrap', () => {
    const { writer, words, reader } = recorder(8)
    words[0] = -3
    for (let n = 0; n < 6; n++) writer.record(n, 0, n)
    expect(reader.read().map((event) => event.kind)).toEqual([0, 1, 3, 4, 5])
    expect(reader.written).toBe(3)
  })
})
