import type { ActorRef, System } from 'troupe'
import { type CommandResult, type CyncGatewayProtocol, type ServeCyncOptions, serveCync } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Observer } from '#fixtures/cync/observer.actor'
import { eventually } from '../../../support/eventually.ts'
import { sharedSystem } from '../../../support/shared-system.ts'
import { mute, RawController, taking } from './raw-controller.ts'

const system = sharedSystem({ threads: 2 })

interface Served {
  readonly gateway: ActorRef<CyncGatewayProtocol>
  readonly url: string
}

async function serve(options: ServeCyncOptions = {}, on: System = system()): Promise<Served> {
  const gateway = serveCync(on, 'tcp://127.0.0.1:0', { queryAfterMs: Number.POSITIVE_INFINITY, paceMs: 0, ...options })
  await gateway.ready()
  onTestFinished(() => on.stop(gateway))
  const [url] = await gateway.ask.endpoints()
  return { gateway, url: url! }
}

const on = { kind: 'power', isOn: true } as const
const off = { kind: 'power', isOn: false } as const
const device = (meshAddress: number) => ({ kind: 'device', meshAddress }) as const

function commanded(gateway: ActorRef<CyncGatewayProtocol>, ...[request]: Parameters<CyncGatewayProtocol['command']>) {
  return gateway.with({ deadlineMs: 30_000 }).ask.command(request) as Promise<CommandResult>
}

describe('a Cync gateway', { timeout: 60_000 }, () => {
  it('welcomes a controller, probes it, and carries a command through it', async () => {
    const { gateway, url } = await serve()
    const controller = await RawController.login(url, 0x101)
    const probe = await controller.got('probe')
    expect(probe).toMatchObject({ id: 0x101, flags: 0 })
    const result = await commanded(gateway, { to: device(1), command: on, id: 'light-1' })
    expect(result).toMatchObject({ id: 'light-1', state: 'done', reason: undefined, isConfirmed: false })
    expect(result.attempts).toEqual([expect.objectContaining({ controller: 0x101, outcome: 'done', status: 0 })])
    expect(controller.commands).toEqual(['power'])
    expect(await gateway.ask.result('light-1')).toEqual(result)
  })

  it('gives a command to another controller when one dies in the middle of it', async () => {
    const { gateway, url } = await serve()
    const first = await RawController.login(url, 0x101)
    const second = await RawController.login(url, 0x102)
    first.onRequest = (request, controller) => {
      controller.reply(request)
      controller.socket.destroy()
    }
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(2))
    const result = await commanded(gateway, { to: device(1), command: on })
    expect(result).toMatchObject({ state: 'done' })
    expect(second.commands).toEqual(first.commands)
    expect(result.attempts.map(({ controller, outcome }) => [controller, outcome])).toEqual([
      [0x101, 'controller-lost'],
      [0x102, 'done'],
    ])
  })

  it('abandons what nobody answers, with its history', async () => {
    const { gateway, url } = await serve({ attemptsMax: 2, attemptsPerController: 1 })
    const controller = await RawController.login(url, 0x101)
    controller.onRequest = mute
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    const result = await commanded(gateway, { to: device(1), command: on, ttlMs: 1_000 })
    expect(result).toMatchObject({ state: 'abandoned', reason: 'ack-timeout' })
    expect(result.attempts).toEqual([
      expect.objectContaining({
        controller: 0x101,
        sentMs: expect.any(Number),
        outcome: 'ack-timeout',
        status: undefined,
      }),
    ])
    // What comes now is late, and does no harm.
    const request = await controller.got('pipe')
    controller.reply(request)
    controller.result(request)
    await eventually(async () => expect((await gateway.ask.statistics()).commands.lateAnswers).toBe(2))
  })

  it('tells the older of two connections of one controller to go, and uses the newer', async () => {
    const { gateway, url } = await serve()
    const older = await RawController.login(url, 0x101)
    const newer = await RawController.login(url, 0x101)
    expect(await older.got('disconnect')).toMatchObject({ from: 'server', reason: 3 })
    await older.closed()
    await eventually(async () =>
      expect(await gateway.ask.controllers()).toEqual([expect.objectContaining({ deviceId: 0x101 })]),
    )
    expect(await commanded(gateway, { to: device(1), command: on })).toMatchObject({ state: 'done' })
    expect(newer.commands).toEqual(['power'])
    await eventually(async () => {
      const { packets, controllers } = await gateway.ask.statistics()
      expect([packets.replaced, packets.logins, controllers.online, controllers.lost]).toEqual([1, 2, 1, 0])
    })
  })

  it('refuses who has not the right code, and welcomes who has', async () => {
    const { gateway, url } = await serve({ authorize: { [0x101]: 'right', [0x102]: true } })
    const wrong = await RawController.connect(url, 0x101)
    wrong.login('wrong')
    expect(await wrong.got('device-login-reply')).toMatchObject({ status: 2 })
    await wrong.closed()
    const unknown = await RawController.connect(url, 0x103)
    unknown.login()
    expect(await unknown.got('device-login-reply')).toMatchObject({ status: 2 })
    const right = await RawController.connect(url, 0x101)
    right.login('right')
    expect(await right.got('device-login-reply')).toMatchObject({ status: 0 })
    const any = await RawController.connect(url, 0x102)
    any.login('whatever')
    expect(await any.got('device-login-reply')).toMatchObject({ status: 0 })
    await eventually(async () =>
      expect((await gateway.ask.statistics()).packets).toMatchObject({ logins: 2, refusedLogins: 2 }),
    )
  })

  it('refuses what comes before a login, and not the login', async () => {
    const { url } = await serve()
    const controller = await RawController.connect(url, 0x6457e7f2)
    controller.write('43000000076457e7f2010106')
    controller.login()
    expect(await controller.got('sync-reply')).toMatchObject({ status: 3 })
    expect(await controller.got('device-login-reply')).toMatchObject({ status: 0 })
  })

  it('finds the packets behind 10,000 stray bytes, and those that come byte by byte', async () => {
    const { gateway, url } = await serve()
    const controller = await RawController.connect(url, 0x101)
    controller.socket.write(Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 7) & 0x0f)))
    controller.socket.setNoDelay(true)
    const login = '230000001a030000010100103031323334353637383961626364656600003c'
    for (const byte of Buffer.from(login, 'hex')) controller.socket.write(Uint8Array.of(byte))
    await controller.got('device-login-reply')
    await eventually(async () =>
      expect((await gateway.ask.statistics()).packets).toMatchObject({ logins: 1, skippedBytes: 10_000 }),
    )
    expect(await commanded(gateway, { to: device(1), command: on })).toMatchObject({ state: 'done' })
  })

  it('knows what devices do, tells who wants to know, and passes over what comes twice', async () => {
    const observer = system().spawn(Observer, [])
    const { gateway, url } = await serve({ observer: observer as never })
    const told = (line: RegExp) => eventually(async () => expect((await observer.ask.lines()).at(-1)).toMatch(line))
    const controller = await RawController.login(url, 0x10c)
    controller.announce(true)
    await told(/state 12 on/)
    controller.announce(false)
    await told(/state 12 off/)
    controller.socket.destroy()
    await told(/gone 268/)
    expect(await gateway.ask.state(12)).toMatchObject({ address: 12, isOn: false, isOnline: true, isAssumed: false })
    expect(await gateway.ask.states()).toHaveLength(1)
    expect(await observer.ask.lines()).toEqual([
      'connected 268',
      'state 12 on',
      'state 12 off',
      expect.stringMatching(/^gone 268 /),
    ])
  })

  it('confirms a command by what its device was seen to do', async () => {
    const { gateway, url } = await serve()
    const controller = await RawController.login(url, 0x10c)
    controller.onRequest = (request, self) => {
      taking(request, self)
      self.announce(true)
    }
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    const result = await commanded(gateway, { to: device(12), command: on, confirm: true })
    expect(result).toMatchObject({ state: 'done', isConfirmed: true })
  })

  it('takes a group for done at once, and asks its primary what its members do', async () => {
    const { gateway, url } = await serve({ groups: { 3: [12, 13] }, refreshMs: 0 })
    const controller = await RawController.login(url, 0x10c)
    controller.announce(false)
    await eventually(async () => expect(await gateway.ask.states()).toHaveLength(1))
    await commanded(gateway, { to: { kind: 'group', group: 3 }, command: on })
    expect(await gateway.ask.state(12)).toMatchObject({ isOn: true, isAssumed: true })
    await eventually(() => expect(controller.commands).toEqual(['power', 'mesh-query']))
    // It says that it is off all the same.
    await eventually(async () => expect(await gateway.ask.state(12)).toMatchObject({ isOn: false, isAssumed: false }))
  })

  it('asks the first controller of each home for its states, and no other', async () => {
    const { gateway, url } = await serve({ homes: { kind: 'by-id' }, probeAfterMs: 1, queryAfterMs: 1 })
    const controllers = []
    for (const id of [0x101, 0x102, 0x201]) controllers.push(await RawController.login(url, id))
    await eventually(async () => expect(await gateway.ask.states()).toHaveLength(2))
    expect(controllers.map(({ commands }) => commands)).toEqual([['mesh-query'], [], ['mesh-query']])
    const result = await commanded(gateway, { to: { kind: 'controller', deviceId: 0x102 }, command: on })
    expect(result.attempts).toEqual([expect.objectContaining({ controller: 0x102 })])
    expect(await gateway.ask.states('1')).toEqual([expect.objectContaining({ home: '1', address: 1 })])
    const { commands } = await gateway.ask.statistics()
    expect(commands).toMatchObject({ given: 1, done: 1, attempts: 1, retransmits: 0 })
  })

  it.each([
    ['a value out of range', { to: device(1), command: { kind: 'brightness', brightness: 101 } }, 'invalid-packet'],
    ['an address that there cannot be', { to: device(256), command: on }, 'invalid-packet'],
    ['no target', { command: on }, 'invalid-packet'],
    ['no command', { to: device(1) }, 'invalid-command'],
    ['nothing', undefined, 'invalid-command'],
    ['an id that is none', { to: device(1), command: on, id: '' }, 'invalid-command'],
    ['a time that is none', { to: device(1), command: on, ttlMs: 0 }, 'invalid-command'],
  ])('answers a command with %s with its error, and goes on', async (_name, request, code) => {
    const { gateway } = await serve()
    expect(await gateway.ask.command(request as never)).toMatchObject({ name: 'UsageError', code })
    expect(await gateway.ask.submit(request as never)).toMatchObject({ code })
    expect(await gateway.ask.controllers()).toEqual([])
  })

  it('needs to know the home where there are several', async () => {
    const { gateway } = await serve({ homes: { kind: 'by-id' } })
    expect(await gateway.ask.command({ to: device(1), command: on })).toMatchObject({ code: 'invalid-command' })
    const unknown = { to: { kind: 'controller', deviceId: 0x100 }, command: on } as const
    expect(await gateway.ask.command(unknown)).toMatchObject({ state: 'rejected', reason: 'unknown-target' })
  })

  it('cancels a command that waits', async () => {
    const { gateway } = await serve()
    const result = commanded(gateway, { to: device(1), command: on, id: 'c' })
    await eventually(async () => expect(await gateway.ask.result('c')).toEqual({ id: 'c', state: 'queued' }))
    expect(await gateway.ask.cancel('c')).toBe(true)
    expect(await result).toMatchObject({ state: 'cancelled', attempts: [] })
    expect(await gateway.ask.cancel('c')).toBe(false)
  })

  it('fails over from a connection whose actor fails', async () => {
    const { gateway, url } = await serve()
    const first = await RawController.login(url, 0x101)
    first.onRequest = mute
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    const result = commanded(gateway, { to: device(1), command: on })
    await first.got('pipe')
    const second = await RawController.login(url, 0x102)
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(2))
    expect([await gateway.ask.crash(0x101), await gateway.ask.crash(0x999)]).toEqual([true, false])
    expect(await result).toMatchObject({ state: 'done' })
    expect(second.commands).toEqual(['power'])
    expect((await gateway.ask.statistics()).controllers).toMatchObject({ online: 1, lost: 1 })
  })

  it('drops a controller that says nothing any more', async () => {
    const { gateway, url } = await serve({ silenceMs: 1_000, probeAfterMs: Number.POSITIVE_INFINITY })
    const controller = await RawController.login(url, 0x101)
    await controller.closed()
    await eventually(async () => {
      const { packets, controllers } = await gateway.ask.statistics()
      expect([packets.silent, controllers.online]).toEqual([1, 0])
    })
  })

  it('closes a connection on which half a packet stays, and gives its command to another', async () => {
    const { gateway, url } = await serve({ link: { frameTimeoutMs: 100 } })
    const first = await RawController.login(url, 0x101)
    first.onRequest = (_request, { socket }) => void socket.write(Buffer.from('7300000018', 'hex'))
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    const result = commanded(gateway, { to: device(1), command: on })
    await first.got('pipe')
    const second = await RawController.login(url, 0x102)
    expect(await result).toMatchObject({
      state: 'done',
      attempts: [{ outcome: 'controller-lost' }, { outcome: 'done' }],
    })
    expect(second.commands).toEqual(['power'])
    await first.closed()
  })

  it('counts everything, and has the metrics of reliable connections', async () => {
    const { gateway, url } = await serve()
    const controller = await RawController.login(url, 0x101)
    const sync = Buffer.from('43000000070000010101010601'.slice(0, 24), 'hex')
    controller.socket.write(sync)
    await controller.got('sync-reply')
    await commanded(gateway, { to: device(1), command: on })
    const statistics = await gateway.ask.statistics()
    expect(statistics.packets.received).toMatchObject({ 'device-login': 1, sync: 1, pipe: 1, 'pipe-reply': 1 })
    expect(statistics.commands).toMatchObject({ given: 1, done: 1, attempts: 1, retransmits: 0, queued: 0, sent: 0 })
    expect(statistics.latency.ack.count).toBe(1)
    expect(statistics.latency.done.p99Ms).toBeGreaterThan(0)
    expect(Object.values(statistics.threads)).toEqual([1])
    const text = await gateway.ask.metrics()
    for (const line of [
      'tcp_comm_ack_received_total{device_id="257",outcome="delivered"} 1',
      'tcp_comm_dedup_cache_hits_total 0',
      'cync_commands_total{state="done"} 1',
      'cync_packets_received_total{type="sync"} 1',
      'cync_controllers_online 1',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
  })

  it('closes in order: what lives is waited for or cancelled, connections are ended', async () => {
    const { gateway, url } = await serve()
    const controller = await RawController.login(url, 0x101)
    controller.onRequest = mute
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    const result = commanded(gateway, { to: device(1), command: on })
    await controller.got('pipe')
    const cut = gateway.with({ deadlineMs: 20_000 }).ask.close(4_000)
    await eventually(async () =>
      expect(await gateway.ask.command({ to: device(1), command: off })).toMatchObject({ reason: 'closing' }),
    ).catch(() => {}) // it may be over by then
    expect(await result).toMatchObject({ state: 'cancelled', reason: 'closing' })
    await controller.closed()
    expect(await cut).toBe(0)
  })
})
