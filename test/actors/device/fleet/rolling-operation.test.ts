import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingOperation, type RollRequest, resolveRoll } from '#actors/device/fleet/rolling-operation'

const reconnect = { kind: 'reconnect' } as const
const rollOf = (count: number, request: Partial<RollRequest> = {}): RollingOperation =>
  new RollingOperation([...Array(count).keys()], resolveRoll({ operation: reconnect, ...request }))
const nameOf = (index: number): string => `d${index}`

describe('a rolling operation', () => {
  it('takes a batch at a time, and the next when all of it is done and the pause is over', () => {
    const roll = rollOf(5, { batch: 2, pauseMs: 100 })
    expect(roll.next(0)).toEqual([0, 1])
    roll.ended(0, undefined, 10)
    expect(roll.next(10)).toEqual([])
    roll.ended(1, undefined, 20)
    expect([roll.next(119), roll.nextDueMs]).toEqual([[], 120])
    expect(roll.next(120)).toEqual([2, 3])
    expect(roll.progress).toEqual({ state: 'running', totalCount: 5, doneCount: 2, failedCount: 0, activeCount: 2 })
    for (const index of [2, 3]) roll.ended(index, undefined, 130)
    expect(roll.next(230)).toEqual([4])
    roll.ended(4, undefined, 240)
    expect([roll.isOver, roll.nextDueMs, roll.progress.state]).toEqual([true, Number.POSITIVE_INFINITY, 'finished'])
  })

  it('stops with a failure too many: who is under way is waited for, the others are left out', () => {
    const roll = rollOf(6, { batch: 2, failuresMax: 1, pauseMs: 0 })
    roll.next(0)
    roll.ended(0, 'offline', 0)
    roll.ended(1, undefined, 0)
    expect(roll.next(0)).toEqual([2, 3])
    roll.ended(2, 'parked', 0)
    expect([roll.next(0), roll.isOver]).toEqual([[], false])
    roll.ended(3, undefined, 0)
    expect(roll.isOver).toBe(true)
    expect(roll.report(nameOf)).toEqual({
      state: 'stopped',
      totalCount: 6,
      doneCount: 2,
      failedCount: 2,
      activeCount: 0,
      devices: [
        { name: 'd0', outcome: 'failed', reason: 'offline' },
        { name: 'd1', outcome: 'done' },
        { name: 'd2', outcome: 'failed', reason: 'parked' },
        { name: 'd3', outcome: 'done' },
        { name: 'd4', outcome: 'left out' },
        { name: 'd5', outcome: 'left out' },
      ],
    })
  })

  it('counts who is not done in time as failed, and what it says later not at all', () => {
    const roll = rollOf(2, { batch: 2, timeoutMs: 1_000, failuresMax: 5 })
    roll.next(0)
    expect(roll.nextDueMs).toBe(1_000)
    roll.tick(999)
    expect(roll.isOver).toBe(false)
    roll.ended(0, undefined, 999)
    roll.tick(1_000)
    roll.ended(1, undefined, 1_001)
    expect(roll.report(nameOf).devices[1]).toEqual({ name: 'd1', outcome: 'failed', reason: 'not done within 1000 ms' })
    expect(roll.progress.state).toBe('finished')
  })

  it('stops when it is told to', () => {
    const roll = rollOf(3, { batch: 1 })
    roll.next(0)
    roll.stop()
    roll.ended(0, undefined, 0)
    expect([roll.isOver, roll.progress.state, roll.progress.doneCount]).toEqual([true, 'stopped', 1])
  })

  it('over nobody is over', () => {
    const roll = rollOf(0)
    expect([roll.isOver, roll.progress.state]).toEqual([true, 'finished'])
  })

  it('comes to an end with every device accounted for, whatever each of them does', () => {
    const device = fc.constantFrom('done', 'failed', 'silent')
    const request = fc.record({ batch: fc.integer({ min: 1, max: 9 }), failuresMax: fc.nat(4), pauseMs: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(device, { maxLength: 40 }), request, (devices, options) => {
        const roll = rollOf(devices.length, { ...options, timeoutMs: 500 })
        let nowMs = 0
        for (let turns = 0; !roll.isOver; turns++) {
          expect(turns).toBeLessThan(1_000)
          for (const index of roll.next(nowMs)) {
            if (devices[index] !== 'silent') roll.ended(index, devices[index] === 'done' ? undefined : 'x', nowMs)
          }
          nowMs = Math.max(nowMs, Math.min(roll.nextDueMs, nowMs + 10_000))
          roll.tick(nowMs)
        }
        const { totalCount, doneCount, failedCount, devices: reported } = roll.report(nameOf)
        const leftOut = reported.filter(({ outcome }) => outcome === 'left out').length
        expect(doneCount + failedCount + leftOut).toBe(totalCount)
        const bad = devices.filter((one) => one !== 'done').length
        if (bad <= options.failuresMax) expect([failedCount, leftOut]).toEqual([bad, 0])
        else expect(failedCount).toBeGreaterThan(options.failuresMax)
      }),
    )
  })
})

describe('a request for a roll', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ operation: { kind: 'explode' } }, 'reconnect, firmware, press'],
    [{ operation: { kind: 'firmware', version: '' } }, '1 to 16 ASCII'],
    [{ operation: reconnect, batch: 0 }, 'batch'],
    [{ operation: reconnect, pauseMs: -1 }, 'pauseMs'],
    [{ operation: reconnect, failuresMax: 0.5 }, 'failuresMax'],
    [{ operation: reconnect, timeoutMs: 0 }, 'timeoutMs'],
    [{ operation: reconnect, names: 'h1-d1' }, 'array of names'],
    [{ operation: reconnect, speed: 1 }, 'speed'],
  ])('is refused: %o', (request, text) => {
    expect(() => resolveRoll(request as never)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(text) }),
    )
  })
})
