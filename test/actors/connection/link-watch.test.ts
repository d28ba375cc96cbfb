import { describe, expect, it } from 'vitest'
import { resolveLinkOptions } from '#actors/connection/link-options'
import { type LinkProgress, LinkWatch } from '#actors/connection/link-watch'

const still: LinkProgress = { movedBytes: 0, writtenBytes: 0, receivedMessages: 0, heldBytes: 0, isWriting: false }

describe('the watch of a link', () => {
  it('has nothing to look for on a link without an idle timeout that waits for nothing', () => {
    expect(new LinkWatch(resolveLinkOptions()).nextMs(still)).toBeUndefined()
  })

  it('looks four times within the shortest of the timeouts that run', () => {
    const watch = new LinkWatch(resolveLinkOptions({ idleTimeoutMs: 4_000, writeTimeoutMs: 400, frameTimeoutMs: 40 }))
    expect(watch.nextMs(still)).toBe(1_000)
    expect(watch.nextMs({ ...still, isWriting: true })).toBe(100)
    expect(watch.nextMs({ ...still, isWriting: true, heldBytes: 1 })).toBe(10)
  })

  it.each<[string, Partial<LinkProgress>, Partial<LinkProgress>, string | undefined]>([
    ['nothing has moved', {}, {}, 'nothing was sent or received within 100 ms'],
    ['something has moved', {}, { movedBytes: 1 }, undefined],
    [
      'a write waits',
      { isWriting: true },
      { isWriting: true, movedBytes: 1 },
      'the peer took nothing of what was written within 100 ms',
    ],
    ['a write goes on', { isWriting: true }, { isWriting: true, movedBytes: 1, writtenBytes: 1 }, undefined],
    [
      'a message drips',
      { heldBytes: 1 },
      { heldBytes: 9, movedBytes: 8 },
      'a message was not whole (9 bytes of it had come) within 100 ms',
    ],
    ['messages come', { heldBytes: 1 }, { heldBytes: 9, movedBytes: 8, receivedMessages: 1 }, undefined],
  ])('when %s', (_, before, after, text) => {
    const watch = new LinkWatch(resolveLinkOptions({ idleTimeoutMs: 100, writeTimeoutMs: 100, frameTimeoutMs: 100 }))
    expect(watch.look({ ...still, ...before }, 1_000)).toBeUndefined()
    expect(watch.look({ ...still, ...after }, 1_099)).toBeUndefined()
    expect(watch.look({ ...still, ...after }, 1_100)?.message).toBe(text)
  })
})
