import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SuperviseOptions } from '#src/kernel/supervision/supervise-options'
import { SlowWorld } from './slow-world.ts'

const supervise = fc.record({
  strategy: fc.constantFrom('one-for-one', 'rest-for-one', 'one-for-all'),
  restartsMax: fc.constantFrom(0, 1, 3, 50, 50, 50),
  windowMs: fc.constantFrom(20, 100),
  onExceeded: fc.constantFrom('escalate', 'stop-child'),
}) satisfies fc.Arbitrary<SuperviseOptions>

const childOptions = fc.record({
  restart: fc.constantFrom('permanent', 'permanent', 'transient', 'temporary'),
  shutdownMs: fc.constantFrom(0, 20, 20, Number.POSITIVE_INFINITY),
  stopping: fc.constantFrom('in-turn', 'together'),
})
const kind = fc.constantFrom(undefined, 'x', 'y')

const move = fc.oneof(
  { weight: 30, arbitrary: fc.record({ type: fc.constant('happen'), pick: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('add'), options: childOptions, hasBackoff: fc.boolean(), kind }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('stop-child'), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('end'), how: fc.constantFrom('shutdown', 'kill', '-', '-') }) },
)

describe('a supervisor whose children take their time', () => {
  it('gives only commands that make sense, and brings every child to rest when nothing more fails', () => {
    const property = fc.property(supervise, fc.array(move, { minLength: 20, maxLength: 120 }), (options, moves) => {
      const world = new SlowWorld(options)
      for (let n = 0; n < 4; n++) world.add({}, n === 2, n === 0 ? undefined : 'x')
      for (const next of moves) play(world, next)

      world.settle()
      const { supervisor } = world
      expect(world.ends.length > 0).toBe(supervisor.isEnding)
      expect(world.ends.slice(1).every((end) => end === 'allStopped')).toBe(true)
      for (const child of world.children) {
        const expected = { running: 'up', parked: 'parked', detached: 'gone' }[child.phase as string]
        expect(world.isIn(child, expected as 'up')).toBe(true)
      }

      supervisor.shutdown()
      world.settle()
      expect(world.ends.at(-1)).toBe('allStopped')
      expect(world.children.every((child) => world.isIn(child, 'gone'))).toBe(true)
      expect([supervisor.children.count, supervisor.children.first]).toEqual([0, null])
    })
    fc.assert(property, { numRuns: 2_000 })
  })
})

function play(world: SlowWorld, next: typeof move extends fc.Arbitrary<infer M> ? M : never): void {
  switch (next.type) {
    case 'happen': {
      const possible = world.possible()
      possible[next.pick % possible.length]!()
      break
    }
    case 'add':
      world.add(next.options, next.hasBackoff, next.kind)
      break
    case 'stop-child': {
      const { children } = world
      world.stopChild(children[next.pick % children.length]!)
      break
    }
    case 'end':
      if (next.how === 'kill') world.killAll()
      if (next.how === 'shutdown') world.supervisor.shutdown()
  }
}
