import { describe, expect, it } from 'vitest'
import { MessageIds, messageIdBytes, messageIdText } from '#actors/reliable/message-id'

const manual = (startMs = 0x0102_0304_0506) => {
  const clock = { ms: startMs, nowMs: () => clock.ms }
  return clock
}
const fill = (bytes: Uint8Array) => bytes.fill(0xff)

describe('MessageIds', () => {
  it('are UUIDs of version 7 that begin with the time', () => {
    const ids = new MessageIds({ clock: manual(), fill: (bytes) => bytes.fill(0) })
    expect(ids.nextText()).toBe('01020304-0506-7000-8000-000000000000')
    expect(ids.nextText()).toBe('01020304-0506-7001-8000-000000000000')
    expect(new MessageIds({ clock: manual(), fill }).nextText()).toBe('01020304-0506-70ff-bfff-ffffffffffff')
  })

  it('grow within a millisecond, when the clock goes back, and when one millisecond has not enough of them', () => {
    const clock = manual()
    const ids = new MessageIds({ clock, fill })
    let last = ''
    for (let n = 0; n < 20_000; n++) {
      if (n === 9_000) clock.ms -= 5_000
      if (n === 15_000) clock.ms += 10_000
      const id = ids.nextText()
      expect(id > last).toBe(true)
      last = id
    }
  })

  it('differ between two makers', () => {
    const clock = manual()
    const [one, two] = [new MessageIds({ clock }), new MessageIds({ clock })]
    const all = new Set(Array.from({ length: 5_000 }, () => [one.nextText(), two.nextText()]).flat())
    expect(all.size).toBe(10_000)
  })

  it('go to text and back', () => {
    const id = new MessageIds().next()
    const padded = new Uint8Array(20)
    padded.set(id, 3)
    expect(messageIdBytes(messageIdText(id))).toEqual(id)
    expect(messageIdText(padded, 3)).toBe(messageIdText(id))
    expect(messageIdBytes(messageIdText(id).toUpperCase())).toEqual(id)
  })

  it.each(['', 'x', '01020304-0506-7000-8000-00000000000', '01020304-0506-7000-8000-00000000000g'])(
    'are not %j',
    (text) => {
      expect(() => messageIdBytes(text)).toThrow(expect.objectContaining({ code: 'invalid-message-id' }))
    },
  )
})
