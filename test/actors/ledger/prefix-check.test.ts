import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrefixCheck } from '#actors/ledger/prefix-check'
import { RunningHash } from '#actors/ledger/running-hash'
import { LoopStream } from '#actors/replay/loop-stream'
import { loadRecordings } from '#actors/replay/recording-file'

const stream = new LoopStream(loadRecordings()[3]!)

describe('PrefixCheck', () => {
  it('agrees with the running hash of the stream, wherever that is read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 30 }), (steps) => {
        const hash = new RunningHash()
        const check = new PrefixCheck(stream)
        for (const step of steps) {
          const from = hash.byteCount
          for (const slice of stream.slices(from, from + step)) hash.update(slice)
          expect(check.matches(hash.byteCount, hash.digest())).toBe(true)
        }
      }),
    )
  })

  it('notices one changed byte from there on', () => {
    const check = new PrefixCheck(stream)
    const hash = new RunningHash()
    hash.update(stream.recording.bytes.subarray(0, 20))
    expect(check.matches(20, hash.digest())).toBe(true)
    hash.update(Uint8Array.of(stream.recording.bytes[20]! ^ 1))
    expect(check.matches(21, hash.digest())).toBe(false)
    hash.update(stream.recording.bytes.subarray(21, 30))
    expect(check.matches(30, hash.digest())).toBe(false)
  })

  it('notices a missing byte', () => {
    const hash = new RunningHash()
    hash.update(stream.recording.bytes.subarray(1, 20))
    expect(new PrefixCheck(stream).matches(19, hash.digest())).toBe(false)
  })

  it('does not take back bytes', () => {
    const check = new PrefixCheck(stream)
    const hash = new RunningHash()
    const before = hash.digest()
    hash.update(stream.recording.bytes.subarray(0, 20))
    expect(check.matches(20, hash.digest())).toBe(true)
    expect(check.matches(0, before)).toBe(false)
  })
})
