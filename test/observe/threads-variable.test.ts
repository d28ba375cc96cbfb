import { createSystem } from 'troupe'
import { afterEach, describe, expect, it, vi } from 'vitest'

describe('the environment variable TROUPE_THREADS', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('goes before the option threads', async () => {
    vi.stubEnv('TROUPE_THREADS', '0')
    const system = await createSystem({ threads: 2, signals: false })
    expect(system.options.threads).toBe(0)
    expect(system.inspect().threads.map(({ name }) => name)).toEqual(['main'])
    await system.shutdown()
  })

  it.each(['two', '-1', '1.5', '61'])('is refused as %j', async (value) => {
    vi.stubEnv('TROUPE_THREADS', value)
    await expect(createSystem()).rejects.toMatchObject({ code: 'invalid-option' })
  })
})
