import { describe, expect, it } from 'vitest'
import { EventLines } from '#actors/gateway/event-lines'

describe('EventLines', () => {
  it('lists what happened with its time', () => {
    const events = new EventLines()
    events.add('killed device-3', 1_234)
    events.add('killed thread worker-2', 61_000)
    expect(events.lines()).toEqual(['   1.2 s  killed device-3', '  61.0 s  killed thread worker-2'])
  })

  it('counts what happens again within a second', () => {
    const events = new EventLines()
    for (const elapsedMs of [0, 500, 999, 1_000]) events.add('a device restarted', elapsedMs)
    expect(events.lines()).toEqual(['   0.0 s  a device restarted (3 times)', '   1.0 s  a device restarted'])
  })

  it('keeps the last 50', () => {
    const events = new EventLines()
    for (let n = 1; n <= 60; n++) events.add(`event ${n}`, 0)
    expect([events.lines().length, events.lines().at(0)]).toEqual([50, '   0.0 s  event 11'])
  })
})
