import fc from 'fast-check'
import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import type { CyncCommand, CyncTarget } from '#actors/device/cync/command'
import { orderOf } from '#actors/device/gateway/command-request'
import type { CommandResult } from '#actors/device/gateway/command-result'
import { CommandService } from '#actors/device/gateway/command-service'
import { ControllerLine } from '#actors/device/gateway/controller-line'
import type { DeviceReport } from '#actors/device/gateway/device-report'
import { LiveCommand } from '#actors/device/gateway/live-command'
import { type CommandOptions, commandDefaults } from '#actors/device/gateway/service-options'
import { ServiceWakes } from '#actors/device/gateway/service-wakes'

const A = 1
const B = 2
const on = { kind: 'power', isOn: true } as const
const off = { kind: 'power', isOn: false } as const
const bright = (brightness: number) => ({ kind: 'brightness', brightness }) as const
const mode: CyncCommand = { kind: 'relay', command: 0x8e, opcode: 0xf7, parameters: Uint8Array.of(1, 2) }
const lamp: CyncTarget = { kind: 'device', meshAddress: 12 }

interface Sent {
  readonly key: number
  readonly inner: number
  readonly code: number
}

/** A service in a world without chance: retries wait 250 ms times two to the power of those before. */
function world(given: CommandOptions = {}, isTaking: () => boolean = () => true) {
  const sent: Sent[] = []
  const results: CommandResult[] = []
  const told: string[] = []
  let nowMs = 0
  const service = new CommandService(
    { ...commandDefaults, paceMs: 0, coalesceMs: 0, ...given },
    { delayMs: (retries) => 250 * 2 ** retries },
    {
      send(line, inner, code) {
        if (!isTaking()) return false
        sent.push({ key: line.key, inner, code })
        return true
      },
      started: ({ id }) => told.push(`started ${id}`),
      taken: ({ id }) => told.push(`taken ${id}`),
      refresh: () => told.push('refresh'),
      finished: (_order, result) => results.push(result),
    },
    {
      answered: () => told.push('answered'),
      timedOut: () => told.push('timed out'),
      retried: () => told.push('retried'),
    },
    1_000,
  )
  let number = 0
  const lines = new Map<number, ControllerLine>()
  return {
    service,
    results,
    told,
    take: () => sent.splice(0),
    up(key: number, deviceId = key): ControllerLine {
      const line = new ControllerLine(key, deviceId, '')
      lines.set(key, line)
      service.controllerUp(line, nowMs)
      return line
    },
    down: (key: number) => service.controllerDown(lines.get(key)!, nowMs),
    address: (key: number, address: number) => service.controllerAddress(lines.get(key)!, address),
    give(
      command: CyncCommand,
      more: { to?: CyncTarget; confirm?: boolean; ttlMs?: number; via?: number } = {},
    ): string {
      const { to = lamp, confirm = false, ttlMs = 15_000, via } = more
      const id = `c${++number}`
      const request = { command, confirm, to: { ...to, ...(via !== undefined && { via }) } }
      service.submit(orderOf(request, { id, home: '', target: to, ttlMs }), nowMs)
      return id
    },
    ack: ({ inner }: Sent) => service.acked(inner, nowMs),
    result: ({ inner }: Sent, result = 0) => service.ended(inner, { kind: 'result', result }, nowMs),
    refuse: ({ inner }: Sent, status: number) => service.ended(inner, { kind: 'refused', status }, nowMs),
    seen: (report: Partial<DeviceReport>) =>
      service.stateSeen(
        '',
        {
          address: 12,
          isOn: true,
          brightness: 1,
          colorMode: 0,
          rgb: [0, 0, 0],
          isOnline: true,
          source: 'sync',
          ...report,
        },
        nowMs,
      ),
    cancel: (id: string) => service.cancel(id, nowMs),
    close: () => service.close(nowMs),
    /** Lets time pass, what is due at its time. */
    pass(ms: number) {
      const untilMs = nowMs + ms
      while (service.dueMs <= untilMs) {
        nowMs = Math.max(nowMs, service.dueMs)
        service.tick(nowMs)
      }
      nowMs = untilMs
      service.tick(nowMs)
    },
  }
}

describe('a command', () => {
  it('is sent, acknowledged and done', () => {
    const { service, up, give, take, ack, result, results, told } = world()
    up(A)
    const id = give(on)
    const [sent] = take() as [Sent]
    expect(sent).toEqual({ key: A, inner: 1_000, code: 0xd0 })
    expect(service.stateOf(id)).toBe('sent')
    ack(sent)
    expect(service.stateOf(id)).toBe('acked')
    result(sent)
    expect(service.stateOf(id)).toBeUndefined()
    expect(results).toEqual([
      {
        ...{ id, state: 'done', reason: undefined, isConfirmed: false, tookMs: 0, supersededBy: undefined },
        attempts: [{ controller: A, sentMs: 0, ackedMs: 0, endedMs: 0, outcome: 'done', status: 0 }],
      },
    ])
    expect(told).toEqual([`started ${id}`, 'answered', `taken ${id}`])
  })

  it('is done by the answer of the mesh alone', () => {
    const { up, give, take, result, results, told } = world()
    up(A)
    const id = give(on)
    result(take()[0]!)
    expect(results[0]).toMatchObject({ id, state: 'done' })
    expect(told).toContain(`taken ${id}`)
  })

  it('that nobody answers is tried twice, with the other controller twice, and abandoned with its history', () => {
    const { up, give, take, pass, results, service } = world()
    up(A)
    up(B)
    const id = give(on)
    pass(60_000)
    const keys = take().map(({ key }) => key)
    expect(keys).toEqual([A, A, B, B])
    expect(results).toEqual([expect.objectContaining({ id, state: 'abandoned', reason: 'ack-timeout' })])
    const [first, second, third, fourth] = results[0]!.attempts
    expect(first).toMatchObject({ controller: A, sentMs: 0, endedMs: 3_000, outcome: 'ack-timeout' })
    expect(second).toMatchObject({ controller: A, sentMs: 3_250, endedMs: 8_250 }) // twice the time, 5 s at most
    expect(third).toMatchObject({ controller: B, sentMs: 8_750, endedMs: 11_750 })
    expect(fourth).toMatchObject({ controller: B, sentMs: 12_750, endedMs: 17_750, status: undefined })
    expect(service.liveCount).toBe(0)
  })

  it('has sequences of its own for each attempt, and ends by a late answer to the first', () => {
    const { up, give, take, pass, result, results } = world()
    up(A)
    give(on)
    pass(3_300)
    const [first, second] = take() as [Sent, Sent]
    expect(first.inner).not.toBe(second.inner)
    result(first)
    expect(results).toEqual([expect.objectContaining({ state: 'done' })])
    expect(results[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['done', 'pending'])
  })

  it('that is acknowledged late is not sent again as long as its result may come', () => {
    const { up, give, take, pass, ack, result, results } = world()
    up(A)
    give(on)
    pass(3_100) // given up, waits to be sent again
    const [first] = take() as [Sent]
    ack(first)
    pass(2_000)
    expect(take()).toEqual([])
    result(first)
    expect(results[0]).toMatchObject({ state: 'done' })
  })

  it('that is acknowledged late, behind another attempt, is told apart from that in its history', () => {
    const { up, give, take, pass, ack, results } = world({ attemptsMax: 2 })
    up(A)
    give(on)
    const [first] = take()
    pass(3_250) // no answer in 3 s, and a backoff
    expect(take()).toHaveLength(1)
    pass(5_000) // none in 5 s
    expect(results[0]).toMatchObject({ state: 'abandoned', attempts: [{}, { outcome: 'ack-timeout' }] })
    ack(first!)
    const again = world({ attemptsMax: 3 })
    again.up(A)
    again.up(B)
    again.give(on)
    const [one] = again.take()
    again.pass(3_250)
    again.take()
    again.pass(5_100) // in the backoff behind the second
    again.ack(one!)
    again.pass(5_000)
    expect(again.take()).toEqual([])
    again.pass(1_000)
    expect(again.take()).toHaveLength(1)
    again.pass(5_000)
    const outcomes = again.results[0]!.attempts.map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['result-timeout', 'ack-timeout', 'ack-timeout'])
  })

  it('that has waited for a controller goes out with it, at its first attempt', () => {
    const { up, give, take, pass } = world()
    give(on)
    pass(1_000)
    up(A)
    expect(take()).toHaveLength(1)
  })

  it('whose controller is lost goes to another one at once', () => {
    const { up, down, give, take, ack, result, results } = world()
    up(A)
    give(on)
    const [first] = take() as [Sent]
    ack(first)
    up(B)
    down(A)
    const [second] = take() as [Sent]
    expect(second.key).toBe(B)
    result(second)
    expect(results[0]).toMatchObject({ state: 'done' })
    expect(results[0]!.attempts.map(({ controller, outcome }) => [controller, outcome])).toEqual([
      [A, 'controller-lost'],
      [B, 'done'],
    ])
  })

  it('waits for a controller, but not longer than it may', () => {
    const { up, give, take, pass, results } = world()
    const early = give(on, { ttlMs: 1_000 })
    pass(900)
    const late = give(off, { to: { kind: 'device', meshAddress: 13 } })
    pass(500)
    expect(results).toEqual([expect.objectContaining({ id: early, state: 'abandoned', reason: 'no-controller' })])
    up(A)
    expect(take()).toHaveLength(1)
    pass(100_000)
    expect(results.at(-1)).toMatchObject({ id: late, state: 'abandoned' })
  })

  it('for a lost controller alone comes back with it, within its time', () => {
    const { up, down, give, take, results, result } = world()
    up(A, 500)
    up(B, 501)
    give(on, { via: 500 })
    expect(take()).toEqual([expect.objectContaining({ key: A })])
    down(A)
    expect(take()).toEqual([])
    up(3, 500)
    const [again] = take() as [Sent]
    expect(again.key).toBe(3)
    result(again)
    expect(results[0]).toMatchObject({ state: 'done' })
  })

  it.each([
    ['a bad parameter', 1, 1],
    ['a server that is not ready', 3, 4],
    ['not authorised', 5, 4],
    ['offline', 10, 4],
  ])(
    'that its only controller refuses, %s, with status %i, is rejected after %i attempts',
    (_name, status, attempts) => {
      const { up, give, take, pass, refuse, results } = world()
      up(A)
      give(on)
      for (let n = 0; n < 10; n++) {
        const [sent] = take()
        if (sent !== undefined) refuse(sent, status)
        pass(2_000)
      }
      expect(results).toEqual([expect.objectContaining({ state: 'rejected', reason: 'refused' })])
      expect(results[0]!.attempts.map((attempt) => attempt.status)).toEqual(Array(attempts).fill(status))
    },
  )

  it('that one controller refuses is given to another', () => {
    const { up, give, take, refuse, result, results } = world()
    up(A)
    up(B)
    give(on)
    const [first] = take() as [Sent]
    refuse(first, 1)
    const [second] = take() as [Sent]
    expect(second.key).not.toBe(first.key)
    result(second, 3)
    expect(results).toEqual([expect.objectContaining({ state: 'rejected', reason: 'failed' })])
  })

  it('that the connection does not take is tried elsewhere', () => {
    let isTaking = false
    const { up, give, take, pass, results } = world({}, () => isTaking)
    up(A)
    give(on)
    isTaking = true
    pass(1_000)
    expect(take()).toHaveLength(1)
    expect(results).toEqual([])
  })

  it('that must not be carried out twice is sent once, unless it did not get anywhere', () => {
    const silent = world()
    silent.up(A)
    silent.up(B)
    silent.give(mode)
    silent.pass(60_000)
    expect(silent.take()).toHaveLength(1)
    expect(silent.results).toEqual([expect.objectContaining({ state: 'abandoned', reason: 'ack-timeout' })])

    const lost = world()
    lost.up(A)
    lost.up(B)
    lost.give(mode)
    lost.down(lost.take()[0]!.key)
    expect(lost.take()).toEqual([])
    expect(lost.results).toEqual([expect.objectContaining({ state: 'abandoned', reason: 'controller-lost' })])

    const refused = world()
    refused.up(A)
    refused.up(B)
    refused.give(mode)
    refused.refuse(refused.take()[0]!, 1)
    expect(refused.take()).toHaveLength(1)
  })

  it('can be cancelled, and all are when the service closes', () => {
    const { up, give, cancel, close, results, take, result } = world()
    up(A)
    const first = give(on)
    const second = give(bright(5))
    const [sent] = take() as [Sent]
    expect([cancel(first), cancel(first), cancel('none')]).toEqual([true, false, false])
    result(sent)
    close()
    expect(results.map(({ id, state, reason }) => [id, state, reason])).toEqual([
      [first, 'cancelled', 'asked-to'],
      [second, 'cancelled', 'closing'],
    ])
  })

  it('too many is rejected, and one with the id of a living one', () => {
    const { service, up, give, results } = world({ commandsMax: 2 })
    up(A)
    give(on)
    give(bright(5))
    give({ kind: 'white', temperature: 5 })
    expect(results).toEqual([expect.objectContaining({ state: 'rejected', reason: 'queue-full', attempts: [] })])
    service.submit(orderOf({ command: on }, { id: 'c1', home: '', target: lamp, ttlMs: 100 }), 0)
    expect(results.at(-1)).toMatchObject({ id: 'c1', state: 'rejected', reason: 'duplicate-id' })
    expect(service.totals).toMatchObject({ given: 4, ended: { rejected: 2 } })
  })
})

describe('commands for one target', () => {
  it('within a moment are one: the latest state wins, and the others end saying so', () => {
    const { up, give, take, pass, results } = world({ coalesceMs: 50 })
    up(A)
    give(bright(10))
    expect(take()).toHaveLength(1) // the first goes at once
    const second = give(bright(20))
    const third = give(bright(30))
    const fourth = give(bright(40))
    expect(take()).toEqual([])
    pass(50)
    expect(take()).toHaveLength(1)
    expect(results.map(({ id, state, supersededBy }) => [id, state, supersededBy])).toEqual([
      [second, 'superseded', third],
      [third, 'superseded', fourth],
    ])
  })

  it('are not sent again once a newer one says the same', () => {
    const { up, give, take, pass, result, results } = world()
    up(A)
    const older = give(on)
    const newer = give(off)
    const [, second] = take() as [Sent, Sent]
    result(second)
    pass(60_000)
    expect(take()).toEqual([])
    expect(results.map(({ id, state }) => [id, state])).toEqual([
      [newer, 'done'],
      [older, 'superseded'],
    ])
  })

  it('that set different things do not wait for each other; one that a later one would undo a part of does', () => {
    const { up, give, take, result } = world()
    up(A)
    give({ kind: 'combined', isOn: true, brightness: 80 })
    give({ kind: 'white', temperature: 5 })
    const [combined] = take() as [Sent, Sent]
    give(off) // a repetition of the first would turn it on again
    expect(take()).toEqual([])
    result(combined)
    expect(take().map(({ code }) => code)).toEqual([0xd0])
  })

  it('of another target do not matter', () => {
    const { up, give, take } = world({ coalesceMs: 50 })
    up(A)
    give(on)
    give(on, { to: { kind: 'device', meshAddress: 13 } })
    give(on, { to: { kind: 'group', group: 12 } })
    expect(take()).toHaveLength(3)
  })

  it('are paced by controller', () => {
    const { up, give, take, pass } = world({ paceMs: 100 })
    up(A)
    for (let meshAddress = 1; meshAddress <= 4; meshAddress++) give(on, { to: { kind: 'device', meshAddress } })
    const counts = [take().length]
    for (let n = 0; n < 4; n++) {
      pass(99)
      counts.push(take().length)
      pass(1)
      counts.push(take().length)
    }
    expect(counts).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 0])
  })

  it('go through the controller that is the device, if it is there', () => {
    const { up, address, give, take } = world()
    for (const key of [1, 2, 3, 4]) up(key)
    address(3, 12)
    give(on)
    expect(take()[0]).toMatchObject({ key: 3 })
  })

  it('do not go through one that said that it is the device, and then another, or has gone', () => {
    const { up, down, address, give, take, result, results } = world()
    for (const key of [1, 2, 3, 4]) up(key)
    for (let other = 1; other <= 255; other++) address(3, other) // it says that it is everybody
    address(2, 12)
    give(on)
    const [first] = take()
    expect(first).toMatchObject({ key: 2 })
    result(first!)
    down(3)
    down(2)
    give(off)
    const [second] = take()
    expect([1, 4]).toContain(second!.key)
    result(second!)
    expect(results.map(({ state, attempts }) => [state, attempts.length])).toEqual([
      ['done', 1],
      ['done', 1],
    ])
  })

  it('go through another one that is the device when the one that said so last has gone', () => {
    const { up, down, address, give, take } = world()
    for (const key of [1, 2, 3, 4]) up(key)
    address(4, 12)
    address(3, 12)
    down(3)
    give(on)
    expect(take()[0]).toMatchObject({ key: 4 })
  })
})

describe('the limits of a service', () => {
  it('a command that is refused since there are too many replaces nothing', () => {
    const { up, give, take, results, result } = world({ commandsMax: 2 })
    up(A)
    give(on)
    give(on, { to: { kind: 'device', meshAddress: 13 } })
    const [first, second] = take()
    give(off) // for the lamp whose command is on its way
    expect(results).toEqual([expect.objectContaining({ id: 'c3', state: 'rejected', reason: 'queue-full' })])
    result(first!, 1)
    result(second!)
    expect(results.slice(1).map(({ id, state }) => [id, state])).toEqual([
      ['c1', 'rejected'],
      ['c2', 'done'],
    ])
  })

  it('one that replaces a command that waits has its place, however many there are', () => {
    const { give, results } = world({ commandsMax: 1 })
    give(on)
    give(off)
    expect(results).toEqual([expect.objectContaining({ id: 'c1', state: 'superseded', supersededBy: 'c2' })])
  })

  it('when it closes, what has waited for others is not begun', () => {
    const { up, give, take, close, results } = world()
    up(A)
    give(mode)
    give(mode)
    expect(take()).toHaveLength(1)
    close()
    expect(take()).toEqual([])
    give(on)
    expect(results.map(({ id, state, reason }) => [id, state, reason])).toEqual([
      ['c1', 'cancelled', 'closing'],
      ['c2', 'cancelled', 'closing'],
      ['c3', 'rejected', 'closing'],
    ])
  })

  it('10,000 commands that nobody takes end, each before the next begins', () => {
    const { up, give, pass, results } = world({ attemptsMax: 1 }, () => false)
    for (let n = 0; n < 10_000; n++) give(mode)
    up(A)
    pass(1)
    expect(results).toHaveLength(10_000)
    expect(new Set(results.map(({ reason }) => reason))).toEqual(new Set(['not-sent']))
  })

  it('commands that are over are not kept until they would have been too old', () => {
    const wakes = new ServiceWakes()
    const order = orderOf({ command: on }, { id: 'x', home: '', target: lamp, ttlMs: 86_400_000 })
    const living = new LiveCommand(order, 0)
    wakes.whenExpired(living)
    for (let n = 0; n < 100_000; n++) {
      const command = new LiveCommand(order, n)
      wakes.whenExpired(command)
      command.enter('sent')
      wakes.whenOverdue(command, n + 5_000)
      command.enter('over')
    }
    expect(wakes.count).toBeLessThan(3_000)
    expect(wakes.take(86_400_000)).toMatchObject({ kind: 'expiry', command: living })
    expect(wakes.take(Number.MAX_SAFE_INTEGER)).toBeUndefined()
  })
})

describe('a command that is to be confirmed', () => {
  it('ends when its device was seen to do it', () => {
    const { up, give, take, result, seen, pass, results } = world()
    up(A)
    give(on, { confirm: true })
    result(take()[0]!)
    expect(results).toEqual([])
    seen({ isOn: false })
    seen({ isOn: true, isOnline: false }) // old
    pass(100)
    expect(results).toEqual([])
    seen({ isOn: true })
    expect(results).toEqual([expect.objectContaining({ state: 'done', isConfirmed: true, tookMs: 100 })])
  })

  it('has states asked for after 10 s, and is done without after 12', () => {
    const { up, give, take, result, pass, results, told } = world()
    up(A)
    give(on, { confirm: true })
    result(take()[0]!)
    pass(9_999)
    expect(told).not.toContain('refresh')
    pass(1)
    expect(told).toContain('refresh')
    pass(1_999)
    expect(results).toEqual([])
    pass(1)
    expect(results).toEqual([expect.objectContaining({ state: 'done', isConfirmed: false })])
  })

  it('lets the next one begin', () => {
    const { up, give, take, result } = world()
    up(A)
    give({ kind: 'combined', isOn: true, brightness: 80 }, { confirm: true })
    give(off)
    const [first] = take() as [Sent]
    result(first)
    expect(take()).toHaveLength(1)
  })

  it('and whose answer is lost is not sent again when its device was seen to do it', () => {
    const { up, give, take, ack, seen, pass, results } = world()
    up(A)
    give(on)
    ack(take()[0]!)
    seen({ isOn: true })
    pass(5_000)
    expect(take()).toEqual([])
    expect(results).toEqual([expect.objectContaining({ state: 'done', isConfirmed: true })])
  })
})

describe('whatever happens', () => {
  it('every command ends once, those that must not be carried out twice are taken once, and nothing is left', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (seed) => {
        const random = new SeededRandom(seed)
        const chance = (share: number): boolean => random.next() < share
        const { service, take, up, down, give, ack, result, refuse, seen, cancel, pass, results } = world({
          paceMs: random.below(2) * 50,
          coalesceMs: random.below(2) * 50,
          commandsMax: 20,
        })
        const given: string[] = []
        const once = new Set<string>()
        const online = new Set<number>()
        const waiting: { readonly sent: Sent; readonly what: 'ack' | 'result' | 'refuse' | 'failed' }[] = []
        const commands: CyncCommand[] = [on, off, bright(5), { kind: 'combined', isOn: true, brightness: 9 }, mode]
        let key = 0
        for (let step = 0; step < 300; step++) {
          if (chance(0.1) && online.size < 4) {
            up(++key)
            online.add(key)
          }
          const [oldest] = online
          if (oldest !== undefined && chance(0.05)) {
            down(oldest)
            online.delete(oldest)
          }
          if (chance(0.3)) {
            const command = commands[random.below(commands.length)]!
            const id = give(command, {
              to: { kind: 'device', meshAddress: 12 + random.below(3) },
              confirm: chance(0.2),
              ttlMs: 1 + random.below(20_000),
            })
            given.push(id)
            if (command === mode) once.add(id)
          }
          if (chance(0.02) && given.length > 0) cancel(given[random.below(given.length)]!)
          if (chance(0.1)) seen({ isOn: chance(0.5), address: 12 + random.below(3) })
          for (const sent of take()) {
            // As a session tells it: a refusal is the only answer, and nothing follows a result.
            const isRefused = chance(0.1)
            if (isRefused) waiting.push({ sent, what: 'refuse' })
            else if (chance(0.7)) waiting.push({ sent, what: 'ack' })
            if (!isRefused && chance(0.7)) waiting.push({ sent, what: chance(0.1) ? 'failed' : 'result' })
          }
          while (waiting.length > 0 && chance(0.5)) {
            const [{ sent, what }] = waiting.splice(random.below(waiting.length), 1) as [(typeof waiting)[0]]
            if (what === 'ack') ack(sent)
            else if (what === 'refuse') refuse(sent, [1, 5, 10][random.below(3)]!)
            else result(sent, what === 'failed' ? 1 : 0)
          }
          pass(random.below(400))
        }
        pass(60_000)
        expect(results.map(({ id }) => id).sort()).toEqual(given.toSorted())
        expect(service.liveCount).toBe(0)
        for (const { id, attempts } of results) {
          if (!once.has(id)) continue
          const reached = attempts.filter(({ outcome }) => outcome !== 'refused' && outcome !== 'not-sent')
          expect(reached.length).toBeLessThanOrEqual(1)
        }
        const { ended, given: count } = service.totals
        expect(Object.values(ended).reduce((sum, one) => sum + one, 0)).toBe(count)
        expect(service.dueMs === Number.POSITIVE_INFINITY || service.liveCount === 0).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
