import fc from 'fast-check'
import { LengthPrefixFraming, LineFraming, type LinkOverflow } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { resolveLinkOptions } from '#actors/connection/link-options'
import { Outbox } from '#actors/connection/outbox'

function outbox(options: Parameters<typeof resolveLinkOptions>[0] = {}): Outbox {
  return new Outbox(new LengthPrefixFraming(), resolveLinkOptions(options))
}

function message(text: string): Uint8Array {
  return Buffer.from(text)
}

/** The messages in the pieces that were taken. */
function cut(pieces: readonly Uint8Array[]): string[] {
  const messages: string[] = []
  const framing = new LengthPrefixFraming()
  for (const piece of pieces) framing.push(piece, (found) => void messages.push(Buffer.from(found).toString()))
  expect(framing.heldBytes).toBe(0)
  return messages
}

describe('an outbox', () => {
  it('gives messages that were queued one after the other in one piece', () => {
    const box = outbox()
    for (const text of ['a', 'bc', '']) box.push(message(text))
    const pieces = box.take(1_000)
    expect(pieces).toHaveLength(1)
    expect(cut(pieces)).toEqual(['a', 'bc', ''])
    expect([box.waitingBytes, box.leavingBytes, box.sentMessages]).toEqual([0, 15, 3])
    box.sent()
    expect(box.leavingBytes).toBe(0)
  })

  it('writes what follows a message too', () => {
    const box = new Outbox(new LineFraming(), resolveLinkOptions())
    box.push(message('a line'))
    box.reserve(2)
    box.target.set(message('hi'), box.at)
    expect(Buffer.concat(box.take(100)).toString()).toBe('a line\nhi\n')
  })

  it('copies what it is given', () => {
    const box = outbox()
    const mine = Buffer.from('before')
    box.push(mine)
    mine.fill('x')
    expect(cut(box.take(100))).toEqual(['before'])
  })

  it('keeps apart what is written and what is queued meanwhile', () => {
    const box = outbox()
    box.push(message('first'))
    const first = box.take(100)
    box.push(message('second'))
    expect(cut(first)).toEqual(['first'])
    box.sent()
    expect(cut(box.take(100))).toEqual(['second'])
  })

  it('takes a message that is larger than its limit while it is empty, and no other', () => {
    const box = outbox({ queueBytesMax: 10 })
    expect(box.push(message('x'.repeat(100)))).toBe('accepted')
    expect(box.push(message('y'))).toBe('queue-full')
    box.take(1)
    expect(box.push(message('y'))).toBe('accepted')
  })

  it.each<[LinkOverflow, string, string[], number]>([
    ['reject', 'queue-full', ['1', '2', '3'], 0],
    ['disconnect', 'overflow', ['1', '2', '3'], 0],
    ['drop-newest', 'dropped', ['1', '2', '3'], 1],
    ['drop-oldest', 'accepted', ['2', '3', '4'], 1],
    ['conflate', 'accepted', ['4'], 3],
  ])('does by the policy %s with a message too many: %s', (overflow, result, left, dropped) => {
    const box = outbox({ overflow, queueMessagesMax: 3 })
    for (const text of ['1', '2', '3']) expect(box.push(message(text))).toBe('accepted')
    expect(box.push(message('4'))).toBe(result)
    expect(cut(box.take(1_000))).toEqual(left)
    expect(box.droppedMessages).toBe(dropped)
  })

  it('drops the oldest of several messages in one piece one by one, where it knows their ends', () => {
    const box = outbox({ overflow: 'drop-oldest', queueMessagesMax: 3 })
    const three = Buffer.concat(
      ['a', 'b', 'c'].map((text) => Buffer.concat([Uint8Array.of(1, 0, 0, 0), Buffer.from(text)])),
    )
    box.pushFramed(three, 3, Uint32Array.of(5, 10, 15))
    box.push(message('d'))
    box.push(message('e'))
    expect(cut(box.take(1_000))).toEqual(['c', 'd', 'e'])
    expect(box.droppedMessages).toBe(2)
  })

  it('lets go of leases when they are out, dropped, or it is closed', () => {
    const released: string[] = []
    const lease = (name: string) => ({ release: () => void released.push(name) }) as never
    const box = outbox({ overflow: 'conflate', queueMessagesMax: 1 })
    box.pushFramed(message('x'), 1, undefined, lease('out'))
    box.take(100)
    expect(released).toEqual([])
    box.sent()
    box.pushFramed(message('x'), 1, undefined, lease('dropped'))
    box.pushFramed(message('x'), 1, undefined, lease('closed'))
    box.close()
    expect(released).toEqual(['out', 'dropped', 'closed'])
    expect(box.droppedMessages).toBe(2)
  })

  it('gives every message once and in order, however it is taken and sent, and counts exactly', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 40_000 }) }),
      fc.record({ kind: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ kind: fc.constant('sent' as const), bytes: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const box = outbox({ queueBytesMax: 150_000 })
        const expected: number[] = []
        const found: number[] = []
        const framing = new LengthPrefixFraming()
        let number = 0
        const takeAll = (bytes: number): void => {
          for (const piece of box.take(bytes))
            framing.push(piece, (one) => void found.push(one.length * 256 + (one[0] ?? 0)))
        }
        for (const { kind, bytes } of steps) {
          if (kind === 'sent') box.sent()
          else if (kind === 'take') takeAll(bytes)
          else if (box.push(new Uint8Array(bytes).fill(++number % 256)) === 'accepted') {
            expected.push(bytes * 256 + (bytes === 0 ? 0 : number % 256))
          }
        }
        while (box.waitingMessages > 0) takeAll(50_000)
        expect(found).toEqual(expected)
        expect([box.waitingBytes, box.sentMessages]).toEqual([0, expected.length])
      }),
    )
  })
})
