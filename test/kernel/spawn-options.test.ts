import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveSpawnOptions, type SpawnOptions, spawnDefaults } from '#src/kernel/spawn-options'

const anyOptions = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    restart: fc.constantFrom('permanent', 'transient', 'temporary', undefined, 'undefined', 'never'),
    shutdownMs: fc.constantFrom(0, 1, 5_000, Number.POSITIVE_INFINITY, Number.NaN, '1', undefined),
    stopping: fc.constantFrom('in-turn', 'together', undefined, 'later'),
    significant: fc.constantFrom(true, false, undefined, 'true', 1),
    parkOn: fc.constantFrom([], ['code'], undefined),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<SpawnOptions>

function attempt(options: SpawnOptions): unknown {
  try {
    return resolveSpawnOptions(options)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('resolveSpawnOptions', () => {
  it('answers the same whatever was resolved before', () => {
    fc.assert(
      fc.property(fc.array(anyOptions, { minLength: 1, maxLength: 30 }), (many) => {
        const alone = many.map((options) => {
          // A `parkOn` keeps it away from what others share.
          const answer = attempt({ ...options, parkOn: options.parkOn ?? [] })
          return typeof answer === 'string' ? answer : { ...(answer as object) }
        })
        expect(many.map(attempt)).toEqual(alone)
      }),
    )
  })

  it('shares what it resolved among actors with the same options, names apart', () => {
    const one = resolveSpawnOptions({ name: 'a', restart: 'temporary' })
    expect(resolveSpawnOptions({ restart: 'temporary', name: 'b' })).toBe(one)
    expect(resolveSpawnOptions({ restart: 'temporary', shutdownMs: 1 })).not.toBe(one)
    expect(resolveSpawnOptions({ name: 'a' })).toBe(spawnDefaults)
    expect(one).toMatchObject({ restart: 'temporary', shutdownMs: 5_000 })
  })
})
