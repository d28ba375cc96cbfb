import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import { KillPlan } from '#actors/gateway/kill-plan'

const targets = { connection: ['c1', 'c2'], device: ['d1', 'd2', 'd3'], thread: ['t1', 't2'] }
const kills = (plan: KillPlan, count: number) => Array.from({ length: count }, () => plan.next(targets))

describe('KillPlan', () => {
  it.each([
    ['all', 3, ['connection', 'device', 'thread']],
    ['actor', 2, ['connection', 'device']],
    ['thread', 1, ['thread']],
  ] as const)('with %s kills each kind once a round', (mode, roundLength, kinds) => {
    for (let seed = 0; seed < 50; seed++) {
      const planned = kills(new KillPlan(mode, new SeededRandom(seed)), roundLength * 2)
      for (const round of [planned.slice(0, roundLength), planned.slice(roundLength)]) {
        expect(round.map((kill) => kill!.kind).sort()).toEqual(kinds)
      }
    }
  })

  it('kills the same for the same seed, and not always the same', () => {
    const runs = [1, 1, 2, 3, 4].map((seed) => JSON.stringify(kills(new KillPlan('all', new SeededRandom(seed)), 12)))
    expect(runs[0]).toBe(runs[1])
    expect(new Set(runs).size).toBe(4)
  })

  it('hits every target in the long run', () => {
    const hit = new Set(kills(new KillPlan('all', new SeededRandom(1)), 200).map((kill) => kill!.target))
    expect([...hit].sort()).toEqual(['c1', 'c2', 'd1', 'd2', 'd3', 't1', 't2'])
  })

  it('ends threads in every manner, and makes actors throw', () => {
    const planned = kills(new KillPlan('all', new SeededRandom(1)), 9).map((kill) => `${kill!.kind} ${kill!.manner}`)
    const threads = ['thread exit', 'thread loop', 'thread terminate']
    expect([...new Set(planned)].sort()).toEqual(['connection throw', 'device throw', ...threads])
  })

  it('kills nothing with none, and nothing when there is nothing', () => {
    expect(kills(new KillPlan('none', new SeededRandom(1)), 2)).toEqual([undefined, undefined])
    expect(new KillPlan('thread', new SeededRandom(1)).next({ connection: [], device: [], thread: [] })).toBeUndefined()
  })
})
