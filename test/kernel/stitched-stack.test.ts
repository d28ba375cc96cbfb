import { describe, expect, test, vi } from 'vitest'
import { rejectStitched, stitched } from '#src/kernel/stitched-stack'

const FRAMES = '\n    at caller (file:///a.js:1:1)\n    at outer (file:///b.js:2:2)'

describe('stitched', () => {
  test('appends where the error came from, and the frames of who waits', () => {
    const error = new Error('far')
    const far = error.stack
    expect(stitched(error, 'asked from thread 3', FRAMES)).toBe(error)
    expect(error.stack).toBe(`${far}\n    -- asked from thread 3 --${FRAMES}`)
    expect(Object.keys(error)).toEqual([])
  })

  test('says where from also without frames, and once more at each hop', () => {
    const error = new Error('x')
    const far = error.stack
    stitched(error, 'one', '')
    stitched(error, 'two', '')
    expect(error.stack).toBe(`${far}\n    -- one --\n    -- two --`)
  })

  test.each([
    ['text'],
    [undefined],
    [null],
    [{ stack: 'mine' }],
    [Object.freeze(new Error('frozen'))],
    [Proxy.revocable({}, {}).proxy],
  ])('leaves what has no stack of its own as it is', (thrown) => {
    const before = (thrown as Error | undefined)?.stack
    expect(stitched(thrown, 'x', FRAMES)).toBe(thrown)
    expect((thrown as Error | undefined)?.stack).toBe(before)
  })

  test('leaves what throws at every touch as it is', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(() => stitched(proxy, 'x', FRAMES)).not.toThrow()
  })
})

describe('rejectStitched', () => {
  /** A promise that is rejected from elsewhere, as an answer from another thread does it. */
  function called(error: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      setImmediate(() => rejectStitched(resolve, error, 'asked'))
    })
  }

  const waiters: Record<string, (error: Error) => Promise<unknown>> = {
    'that awaits': async function whoWaits(error) {
      await called(error)
    },
    'that awaits who awaits': async function whoWaits(error) {
      const inner = async (): Promise<unknown> => await called(error)
      await inner()
    },
    'that awaits what comes of it': async function whoWaits(error) {
      await called(error).then(() => 1)
    },
    'that awaits all of many': async function whoWaits(error) {
      await Promise.all([new Promise(() => {}), called(error)])
    },
    'that awaits the first of many': async function whoWaits(error) {
      await Promise.race([new Promise(() => {}), called(error)])
    },
    'that reads items': async function whoWaits(error) {
      const next = (): Promise<IteratorResult<unknown>> => called(error) as Promise<IteratorResult<unknown>>
      for await (const _ of { [Symbol.asyncIterator]: () => ({ next }) }) await null
    },
  }

  test.each(Object.entries(waiters))('finds the async function %s', async (_, wait) => {
    const error = Object.assign(new Error('far'), { stack: 'Error: far\n    at far (far.js:1:1)' })
    await expect(wait(error)).rejects.toBe(error)
    expect(error.stack).toMatch(/^Error: far\n {4}at far \(far\.js:1:1\)\n {4}-- asked --\n/)
    expect(error.stack).toMatch(/ -- asked --\n(?:.*\n)*?.*at .*whoWaits /)
    expect(error.stack).not.toContain('node:internal')
  })

  test('rejects with the error alone where nobody awaits', async () => {
    const error = Object.assign(new Error('far'), { stack: 'Error: far' })
    const caught = vi.fn<(error: unknown) => void>()
    called(error).catch(caught)
    await vi.waitFor(() => expect(caught).toHaveBeenCalledWith(error))
    expect(error.stack).toBe('Error: far\n    -- asked --')
  })

  test('rejects with the error also where the program writes stacks in its own way', async () => {
    const { prepareStackTrace } = Error
    const error = Object.assign(new Error('far'), { stack: 'Error: far' })
    Error.prepareStackTrace = (_error, sites) => sites
    try {
      await expect(called(error)).rejects.toBe(error)
    } finally {
      Error.prepareStackTrace = prepareStackTrace
    }
    expect(error.stack).toBe('Error: far\n    -- asked --')
  })

  test('is an unhandled rejection where nobody looks at all', async () => {
    const seen: unknown[] = []
    const onUnhandled = (reason: unknown): void => void seen.push(reason)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', onUnhandled)
    const error = new Error('nobody')
    void called(error)
    await vi.waitFor(() => expect(seen).toEqual([error]))
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
  })
})
