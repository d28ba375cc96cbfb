import { describe, expect, it } from 'vitest'
import { SEAT_BYTES } from '#src/memory/seat-layout'
import { SeatTable } from '#src/memory/seat-table'

function table() {
  const memory = new SharedArrayBuffer(3 * SEAT_BYTES)
  return { here: new SeatTable(memory, 0, 3), there: new SeatTable(memory, 0, 3) }
}

describe('SeatTable', () => {
  it('begins each incarnation starting, with nothing running', () => {
    const { here, there } = table()
    expect(there.state(2)).toBe('free')
    expect(there.incarnation(2)).toBe(0)
    here.words[here.runningSlotIndex(2)] = 17
    here.setNativeThreadId(2, 4711)
    expect(here.beginIncarnation(2, 12.5)).toBe(1)
    expect(there.state(2)).toBe('starting')
    expect(there.runningSlot(2)).toBe(-1)
    expect(there.runningHandler(2)).toBe(-1)
    expect(there.nativeThreadId(2)).toBe(0)
    expect(there.startedMs(2)).toBe(12.5)
    expect(here.beginIncarnation(2, 13)).toBe(2)
    expect(there.incarnation(2)).toBe(2)
  })

  it.each(['free', 'starting', 'running', 'lost', 'closed'] as const)('keeps the state %s', (state) => {
    const { here, there } = table()
    here.setState(1, state)
    expect(there.state(1)).toBe(state)
  })

  it('shows what runs right now', () => {
    const { here, there } = table()
    here.words[here.runningSlotIndex(1)] = 17
    here.words[here.runningHandlerIndex(1)] = 3
    here.words[here.progressIndex(1)]! += 1
    here.setTurnStartedMs(1, 99.5)
    expect([there.runningSlot(1), there.runningHandler(1), there.progress(1)]).toEqual([17, 3, 1])
    expect(there.turnStartedMs(1)).toBe(99.5)
    expect(there.progress(0) + there.progress(2)).toBe(0)
  })

  it('counts arrivals through all incarnations', () => {
    const { here, there } = table()
    expect([here.nextArrival(1), here.nextArrival(1), here.nextArrival(2)]).toEqual([1, 2, 1])
    here.beginIncarnation(1, 0)
    expect(there.nextArrival(1)).toBe(3)
  })

  it('shows the load as it was reported', () => {
    const { here, there } = table()
    const load = {
      loopDelayMeanMs: 1,
      loopDelayMaxMs: 2,
      loopUtilisation: 0.5,
      heapUsedBytes: 4,
      heapLimitBytes: 5,
      externalBytes: 6,
      reportedMs: 7,
    }
    here.setLoad(1, load)
    expect(there.load(1)).toEqual(load)
    expect(there.load(0).reportedMs).toBe(0)
    expect(there.isParked(1)).toBe(false)
  })
})
