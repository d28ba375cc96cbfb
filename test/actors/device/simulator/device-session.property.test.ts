import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { firmwareKinds } from '#actors/device/simulator/firmware'
import { latencyProfileNames } from '#actors/device/simulator/latency-profile'
import { Mesh } from '#actors/device/simulator/mesh'
import { WriteChunks } from '#actors/device/simulator/write-chunks'
import { LoneSession, power } from './lone-session.ts'

type Step =
  | { readonly do: 'request'; readonly command: number; readonly data: Uint8Array }
  | { readonly do: 'power'; readonly destination: number; readonly isOn: boolean }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'pong' | 'accept' | 'probe' | 'garbage' | 'press' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('request' as const),
    command: fc.constantFrom(0xd0, 0xd2, 0xe2, 0xf0, 0x52, 0x8e, 0xaf, 0xea, 0x99),
    data: fc.uint8Array({ maxLength: 24 }),
  }),
  fc.record({
    do: fc.constant('power' as const),
    destination: fc.constantFrom(1, 2, 9, 0x8007, 0xffff, 0x0101),
    isOn: fc.boolean(),
  }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 30_000 }) }),
  fc.record({ do: fc.constantFrom('pong', 'accept', 'probe', 'garbage', 'press') }),
)

function take(lone: LoneSession, one: Step, inner: number): void {
  switch (one.do) {
    case 'request':
      return lone.request(inner, one.command, Buffer.from(one.data).toString('hex'))
    case 'power':
      return lone.request(inner, 0xd0, power(one.destination, one.isOn))
    case 'pass':
      return lone.pass(one.ms)
    case 'pong':
      return lone.receive({ type: 'pong' })
    case 'accept':
      return void lone.accept()
    case 'probe':
      return lone.receive({ type: 'probe', id: 1, sequence: inner, flags: 0, trailing: new Uint8Array(0) })
    case 'garbage':
      return lone.receive({ type: 'malformed', header: 0x73, payload: new Uint8Array(2) })
    case 'press':
      return void lone.session.press(1, { isOn: true }, lone.nowMs)
  }
}

const setting = fc.record({
  firmware: fc.constantFrom(...firmwareKinds),
  profile: fc.constantFrom(...latencyProfileNames),
  seed: fc.nat(),
  steps: fc.array(step, { maxLength: 60 }),
})

describe('a device, whatever is said to it and whenever', () => {
  it('sends packets that decode, numbered without a gap, and at most one 43 a second', () => {
    fc.assert(
      fc.property(setting, ({ steps, ...options }) => {
        const lone = new LoneSession({ ...options, mesh: new Mesh(9, new Map([[7, [2, 3]]])) })
        for (const [inner, one] of steps.entries()) take(lone, one, inner)
        lone.pass(12_000)
        expect(lone.sent.map(({ decoded }) => decoded.packet.type)).not.toContain('malformed')
        expect(lone.of('device-login').length).toBe(1)
        const numbers = lone.of('pipe-sync').map(({ sequence }) => sequence)
        expect(numbers).toEqual(numbers.map((_, index) => 1 + index))
        const own = lone.of('pipe').map(({ sequence }) => sequence)
        expect(own).toEqual(own.map((_, index) => index))
        const syncs = lone.sent.filter(({ decoded }) => decoded.packet.type === 'sync').map(({ atMs }) => atMs)
        for (let n = 1; n < syncs.length; n++) expect(syncs[n]).toBeGreaterThanOrEqual(syncs[n - 1]! + 1_000)
      }),
      { numRuns: 300 },
    )
  })

  it('says the same through any cuts: the stream of its writes holds the packets that it sent', () => {
    fc.assert(
      fc.property(setting, ({ steps, ...options }) => {
        const lone = new LoneSession(options)
        for (const [inner, one] of steps.entries()) take(lone, one, inner)
        const chunks = new WriteChunks()
        for (const { bytes } of lone.sent) chunks.add(bytes)
        const framing = new CyncFraming()
        const types: string[] = []
        for (let chunk = chunks.take(); chunk !== undefined; chunk = chunks.take()) {
          framing.push(chunk, (packet) => void types.push(decodePacket(packet).packet.type))
        }
        expect(types).toEqual(lone.sent.map(({ decoded }) => decoded.packet.type))
        expect([framing.skippedBytes, framing.heldBytes]).toEqual([0, 0])
      }),
      { numRuns: 100 },
    )
  })
})
