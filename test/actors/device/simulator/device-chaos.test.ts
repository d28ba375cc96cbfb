import { describe, expect, it } from 'vitest'
import { DeviceConduct } from '#actors/device/simulator/device-conduct'
import { type DeviceChaos, formatDeviceChaos, parseDeviceChaos } from '#actors/device/simulator/device-faults'
import { Mesh } from '#actors/device/simulator/mesh'
import { LoneSession, power } from './lone-session.ts'

/** What a device with that chaos sends for one command. */
function answers(chaos: DeviceChaos): LoneSession {
  const lone = new LoneSession({ chaos }).accept()
  lone.pass(1_000)
  lone.take()
  lone.request(1, 0xd0, power(2, true))
  return lone
}

const types = (lone: LoneSession): string[] => lone.sent.map(({ decoded }) => decoded.packet.type)

describe('a fault of a device', () => {
  it.each<[string, DeviceChaos, string[]]>([
    ['no 7b', { lostReplyRate: 1 }, ['pipe', 'pipe-sync', 'sync']],
    ['no f9', { lostResultRate: 1 }, ['pipe-reply', 'pipe-sync', 'sync']],
    ['no state', { lostStateRate: 1 }, ['pipe-reply', 'pipe']],
    ['a state that is out of date', { staleStateRate: 1 }, ['pipe-reply', 'pipe', 'sync']],
    ['a refusal', { refusedRate: 1 }, ['pipe-reply']],
    ['a result that is none', { failedResultRate: 1 }, ['pipe-reply', 'pipe']],
  ])('is %s', (_what, chaos, expected) => {
    expect(types(answers(chaos))).toEqual(expected)
  })

  it('is a refusal by 78 with 05, upon which nothing changes', () => {
    const lone = answers({ refusedRate: 1 })
    expect(lone.of('pipe-reply')).toEqual([expect.objectContaining({ origin: 'server', status: 5, sequence: 1 })])
    expect(lone.device.mesh.state(2).isOn).toBe(false)
  })

  it('is a result other than 0, upon which nothing changes', () => {
    const lone = answers({ failedResultRate: 1 })
    expect([...lone.of('pipe')[0]!.frame.data]).toEqual([1])
    expect(lone.device.mesh.state(2).isOn).toBe(false)
  })

  it('is a state with online 0', () => {
    expect(answers({ staleStateRate: 1 }).of('sync')[0]?.entries[0]?.record?.isOnline).toBe(false)
  })

  it('is an f9 before its 7b', () => {
    const lone = answers({ earlyResultRate: 1 })
    lone.pass(10)
    expect(types(lone).filter((type) => !type.includes('sync'))).toEqual(['pipe', 'pipe-reply'])
  })

  it('is a 78 with 0a, 30 to 31 s after a command that was answered', () => {
    const lone = answers({ lateRefusalRate: 1 })
    const askedMs = lone.nowMs
    lone.pass(40_000)
    const late = lone.sent.find(({ decoded }) => decoded.packet.type === 'pipe-reply' && decoded.packet.status === 0x0a)
    expect(late?.decoded.packet).toMatchObject({ origin: 'server', sequence: 1 })
    expect(late!.atMs - askedMs).toBeGreaterThanOrEqual(30_000)
    expect(late!.atMs - askedMs).toBeLessThanOrEqual(31_000)
  })

  it('is a wrong checksum with good data', () => {
    const lone = answers({ badChecksumRate: 1 })
    expect(lone.of('pipe').map(({ frame }) => [frame.isChecksumGood, ...frame.data])).toEqual([[false, 0]])
  })

  it('is a 43 before the login', () => {
    const lone = new LoneSession({ chaos: { earlySyncRate: 1 } })
    expect(types(lone).slice(0, 3)).toEqual(['sync', 'device-login', 'pipe-sync'])
  })

  it('is that it does not read', () => {
    expect(new LoneSession({ chaos: { deafRate: 1 } }).isDeaf).toBe(true)
    expect(new LoneSession().isDeaf).toBe(false)
  })
})

describe('a bad network', () => {
  it('loses what a device sends, but not its login', () => {
    const lone = new LoneSession({ chaos: { lossRate: 1 } }).accept()
    lone.request(1, 0xd0, power(1, true))
    expect(types(lone)).toEqual(['device-login'])
    expect(lone.device.mesh.state(1).isOn).toBe(true)
  })

  it('repeats it', () => {
    const lone = answers({ duplicateRate: 1 })
    lone.pass(100)
    expect(lone.of('pipe-reply').map(({ sequence }) => sequence)).toEqual([1, 1])
  })

  it('makes it late, by as much as is said', () => {
    const lone = answers({ latencyMs: 500 })
    const askedMs = lone.nowMs
    expect(lone.sent).toEqual([])
    lone.pass(600)
    expect(lone.sent.map(({ atMs }) => atMs - askedMs)).toEqual([500, 500, 500, 500])
  })

  it.each(['resetRate', 'kickRate'] as const)('ends the connection: %s', (rate) => {
    const lone = new LoneSession().accept()
    lone.device.conduct.setChaos({ [rate]: 1 })
    lone.request(1, 0xd0, power(1, true))
    expect([lone.ending, lone.session.phase]).toEqual(['chaos', 'ended'])
  })

  it('can be changed, and ended, while a session lives; what is held keeps its fate', () => {
    const lone = answers({ latencyMs: 500 })
    lone.device.conduct.setChaos({})
    lone.request(2, 0xaf, 'af01')
    expect(lone.sent).toEqual([])
    lone.pass(600)
    expect(lone.of('pipe-reply').map(({ sequence }) => sequence)).toEqual([1, 2])
    lone.request(3, 0xaf, 'af01')
    expect(lone.of('pipe-reply').length).toBe(3)
  })

  it('is the same for the same seed', () => {
    const chaos = { lossRate: 0.3, duplicateRate: 0.3, reorderRate: 0.3, latencyMs: 50, latencyVarianceMs: 40 }
    const run = (seed: number): string => {
      const lone = new LoneSession({ mesh: new Mesh(3), profile: 'quiet', chaos, seed }).accept()
      for (let n = 0; n < 20; n++) {
        lone.request(n, 0xd0, power(1 + (n % 3), n % 2 === 0))
        lone.pass(300)
      }
      lone.pass(5_000)
      return lone.sent.map(({ atMs, bytes }) => `${atMs}:${Buffer.from(bytes).toString('hex')}`).join('\n')
    }
    expect(run(7)).toBe(run(7))
    expect(run(7)).not.toBe(run(8))
  })
})

describe('chaos as a text', () => {
  it('has the faults of networks and those of devices', () => {
    expect(parseDeviceChaos('loss=0.05,lost-reply=10%,latency=20±5,deaf=0.5')).toMatchObject({
      lossRate: 0.05,
      lostReplyRate: 0.1,
      latencyMs: 20,
      latencyVarianceMs: 5,
      deafRate: 0.5,
    })
    expect(parseDeviceChaos('none')).toEqual(parseDeviceChaos(''))
  })

  it.each(['none', 'loss=0.05', 'lost-result=0.25', 'loss=0.5,late-refusal=1'])('says %s again', (text) => {
    expect(formatDeviceChaos(parseDeviceChaos(text))).toBe(text)
  })

  it.each([
    ['lost-reply', 'invalid-chaos'],
    ['lost-reply=often', 'invalid-chaos'],
    ['lost-reply=0.1,lost-reply=0.2', 'invalid-chaos'],
    ['lost-reply=2', 'invalid-option'],
    ['gremlins=0.1', 'invalid-chaos'],
  ])('is refused: %s', (text, code) => {
    expect(() => parseDeviceChaos(text)).toThrow(expect.objectContaining({ code }))
  })

  it('is told of all names there are when one is misspelt', () => {
    expect(() => parseDeviceChaos('lost-answer=0.1')).toThrow(
      /'lost-answer=0\.1' must be .*loss, lost-reply, lost-result/,
    )
  })

  it('keeps what it was where what it is to be is wrong', () => {
    const conduct = new DeviceConduct('instant', { lossRate: 0.5 })
    expect(() => conduct.setChaos({ lossRate: 5 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
    expect(() => conduct.setChaos({ lostPlyRate: 1 } as DeviceChaos)).toThrow(
      expect.objectContaining({ code: 'unknown-option' }),
    )
    expect(conduct.chaos.network.lossRate).toBe(0.5)
  })
})
