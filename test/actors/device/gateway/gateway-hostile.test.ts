import fc from 'fast-check'
import type { ActorRef } from 'troupe'
import { type CommandResult, type CyncGatewayProtocol, type ServeCyncOptions, serveCync } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cyncFrame } from '#actors/device/cync/frame-codec'
import { encodePacket } from '#actors/device/cync/packet-encoder'
import type { CommandRequest } from '#actors/device/gateway/command-request'
import { GatewayDesk } from '#actors/device/gateway/gateway-desk'
import { resolveGatewayOptions } from '#actors/device/gateway/gateway-options'
import { eventually } from '../../../support/eventually.ts'
import { sharedSystem } from '../../../support/shared-system.ts'
import { RawController, taking } from './raw-controller.ts'

const system = sharedSystem({ threads: 2 })
const on = { kind: 'power', isOn: true } as const
const device = (meshAddress: number) => ({ kind: 'device', meshAddress }) as const
type Gateway = ActorRef<CyncGatewayProtocol>

async function serve(options: ServeCyncOptions = {}): Promise<{ readonly gateway: Gateway; readonly url: string }> {
  const gateway = serveCync(system(), 'tcp://127.0.0.1:0', { queryAfterMs: Number.POSITIVE_INFINITY, ...options })
  await gateway.ready()
  onTestFinished(() => system().stop(gateway))
  const [url] = await gateway.ask.endpoints()
  return { gateway, url: url! }
}

/** It serves as if nothing had been. */
async function isWell(gateway: Gateway, url: string): Promise<void> {
  const controller = await RawController.login(url, 0x1_01)
  controller.onRequest = taking
  await eventually(async () =>
    expect((await gateway.ask.controllers()).map(({ deviceId }) => deviceId)).toContain(0x1_01),
  )
  const to = { kind: 'device', meshAddress: 1, via: 0x1_01 } as const
  const result = (await gateway.with({ deadlineMs: 30_000 }).ask.command({ to, command: on })) as CommandResult
  expect(result.state).toBe('done')
}

const packets = (gateway: Gateway) => gateway.ask.statistics().then((statistics) => statistics.packets)

describe('a hostile controller', { timeout: 60_000 }, () => {
  it('that sends half a login and no more is closed in time', async () => {
    const { gateway, url } = await serve({ loginTimeoutMs: 200 })
    const controller = await RawController.connect(url, 0x999)
    controller.write('230000001a0364')
    await controller.closed()
    await eventually(async () => expect(await packets(gateway)).toMatchObject({ silent: 1, logins: 0 }))
    await isWell(gateway, url)
  })

  it.each<[string, string, string]>([
    ['pipe-syncs', '830000000b00000999', '88'],
    ['syncs', '43000000070000099901010643', '48'],
    ['pipes', '730000000b00000999', '73'],
  ])('that floods %s, logged in or not, harms nobody', async (_name, hex) => {
    const { gateway, url } = await serve()
    const flood = Buffer.from(hex.repeat(20_000), 'hex')
    const stranger = await RawController.connect(url, 0x998)
    stranger.socket.write(flood)
    const known = await RawController.login(url, 0x999)
    known.socket.write(flood)
    await isWell(gateway, url)
  })

  it('that logs in as another one over and over takes its place, and the other may come back', async () => {
    const { gateway, url } = await serve()
    const victim = await RawController.login(url, 0x202)
    const thief = await RawController.login(url, 0x999)
    for (let n = 0; n < 200; n++) thief.login(undefined, n % 2 === 0 ? 0x202 : 0x999)
    await victim.got('disconnect')
    await thief.got('device-login-reply', 201)
    await RawController.login(url, 0x202)
    await eventually(async () => expect((await packets(gateway)).logins).toBe(203))
    await isWell(gateway, url)
    const ids = (await gateway.ask.controllers()).map(({ deviceId }) => deviceId)
    expect(ids.sort((one, other) => one - other)).toEqual([0x101, 0x202, 0x999])
  })

  it('that answers what nobody has asked, and what is long over, ends no command', async () => {
    const { gateway, url } = await serve()
    const liar = await RawController.login(url, 0x999)
    liar.onRequest = (request, self) => {
      for (let sequence = 0; sequence < 300; sequence++) self.reply({ ...request, sequence: request.sequence ^ 0x5a5a })
      const { frame } = request
      self.result({ ...request, frame: { ...frame, sequence: (frame.sequence ^ 0x8000_0000) >>> 0 } }, 1)
      taking(request, self)
      for (let n = 0; n < 100; n++) self.reply(request, 10) // the late refusal of a cloud
    }
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
    for (let address = 1; address <= 3; address++) {
      expect(await gateway.ask.command({ to: device(address), command: on })).toMatchObject({ state: 'done' })
    }
    await eventually(async () => {
      expect(await packets(gateway)).toMatchObject({ strayReplies: 3 * 301, lateReplies: 3 * 100 })
    })
  })

  it('that tells of devices that there cannot be, and lists that are not as long as they say, is not believed', async () => {
    const { gateway, url } = await serve()
    const liar = await RawController.login(url, 0x999)
    const page = (count: number, addresses: readonly number[]): void => {
      const data = new Uint8Array(6 + 24 * addresses.length)
      const view = new DataView(data.buffer)
      view.setUint16(0, count, true)
      view.setUint16(4, count, true)
      for (const [index, address] of addresses.entries()) {
        view.setUint16(6 + 24 * index, address, true)
        data[6 + 24 * index + 3] = 1
      }
      const frame = cyncFrame('response', 7, 0x52, data)
      liar.send({ type: 'pipe', id: 0x999, sequence: count, flag: 0, frame })
    }
    const strange = Array.from({ length: 300 }, (_, index) => 256 + index)
    page(300, strange)
    page(4, [0, 5, 65_535, 300])
    page(65_535, [1, 2])
    page(1, [])
    await eventually(async () => {
      expect(await packets(gateway)).toMatchObject({ impossibleReports: 303, malformedLists: 2 })
    })
    expect((await gateway.ask.states()).map(({ address }) => address)).toEqual([5])
    await isWell(gateway, url)
  })

  it('that writes byte by byte, with garbage between its packets, is understood', async () => {
    const { url } = await serve()
    const controller = await RawController.connect(url, 0x999)
    const login = { type: 'device-login', protocolVersion: 3, deviceId: 0x999, auth: 'x'.repeat(16), flags: 0 } as const
    const bytes = [
      ...Buffer.from('0000847e', 'hex'),
      ...encodePacket({ ...login, keepAliveSeconds: 60 }),
      ...Buffer.from('ffffff7e7e', 'hex'),
      ...Buffer.from('d300000000', 'hex'),
    ]
    for (const byte of bytes) controller.socket.write(Uint8Array.of(byte))
    await controller.got('device-login-reply')
    await controller.got('pong')
  })

  it('and thousands that never log in leave room for others, and are closed', async () => {
    const { gateway, url } = await serve({ loginTimeoutMs: 1_500, connectionsMax: 1_500 })
    const strangers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => RawController.connect(url, 0x1000 + index)),
    )
    await isWell(gateway, url)
    await Promise.all(strangers.map((stranger) => stranger.closed()))
    await eventually(async () => expect((await gateway.ask.statistics()).controllers.connections).toBe(1))
    expect(await packets(gateway)).toMatchObject({ silent: 1_000, logins: 1 })
  })

  it('has no more connections from one address than it may, and others are counted', async () => {
    const { gateway, url } = await serve({ addressConnectionsMax: 2 })
    await RawController.login(url, 0x201)
    await RawController.login(url, 0x202)
    const third = await RawController.connect(url, 0x203)
    await third.closed()
    await eventually(async () =>
      expect((await gateway.ask.statistics()).controllers).toMatchObject({ online: 2, refusedConnections: 1 }),
    )
  })
})

describe('a hostile caller', { timeout: 60_000 }, () => {
  const rgb = { kind: 'rgb' }
  it.each<[string, unknown]>([
    ['no colour', { to: device(1), command: rgb }],
    ['a colour that is a text', { to: device(1), command: { ...rgb, rgb: 'abc' } }],
    ['a colour that is none', { to: device(1), command: { kind: 'combined', isOn: true, color: 5 } }],
    ['a power that is neither on nor off', { to: device(1), command: { kind: 'power', isOn: 'yes' } }],
    ['no parameters', { to: device(1), command: { kind: 'relay', command: 1, opcode: 1 } }],
    ['a target of no kind', { to: { kind: 'nobody' }, command: on }],
    ['a home that is none', { to: { ...device(1), home: {} }, command: on }],
    ['a controller that is none', { to: { ...device(1), via: -1 }, command: on }],
    [
      'more than a packet holds',
      { to: device(1), command: { kind: 'relay', command: 0x8e, opcode: 1, parameters: new Uint8Array(9_000) } },
    ],
  ])('that gives a command with %s is told so, and the gateway lives', async (_name, request) => {
    const { gateway, url } = await serve()
    const controller = await RawController.login(url, 0x202)
    expect(await gateway.ask.command(request as never)).toMatchObject({ name: 'UsageError' })
    expect(await gateway.ask.submit(request as never)).toMatchObject({ name: 'UsageError' })
    await isWell(gateway, url)
    expect(controller.isClosed).toBe(false)
  })

  it('may ask for anything: it gets an error or a result', () => {
    const output = { sendFrame: () => true, replace() {}, stateChanged() {}, controllerConnected() {} }
    const listening = { ...output, controllerGone() {}, commandFinished() {} }
    const desk = new GatewayDesk(resolveGatewayOptions({ homes: { kind: 'by-id' } }), listening, 1)
    desk.loggedIn({ handle: 1, deviceId: 0x101, session: 1, path: 'a', thread: 't' }, 0)
    const any = fc.oneof(fc.anything({ withNullPrototype: true }), fc.integer(), fc.constant(undefined))
    const kinds = ['power', 'brightness', 'white', 'rgb', 'combined', 'light-show', 'fade', 'relay', 'mesh-query']
    const fields = { isOn: any, brightness: any, temperature: any, rgb: any, color: any, show: any, durationMs: any }
    const command = fc.record(
      { kind: fc.constantFrom(...kinds), ...fields, command: any, opcode: any, parameters: any },
      { requiredKeys: ['kind'] },
    )
    const places = { meshAddress: any, subElement: any, group: any, deviceId: any, home: any, via: any }
    const to = fc.record(
      { kind: fc.constantFrom('device', 'group', 'broadcast', 'controller'), ...places },
      { requiredKeys: ['kind'] },
    )
    const request = fc.record(
      { to: fc.oneof(to, any), command: fc.oneof(command, any), id: any, confirm: any, ttlMs: any },
      { requiredKeys: ['command', 'to'] },
    )
    fc.assert(
      fc.property(fc.oneof(request, any), (given) => {
        const fault = desk.faultOf(given as CommandRequest)
        const answer = desk.submit(given as CommandRequest, 0)
        expect(typeof answer).toBe(fault === undefined ? 'string' : 'object')
      }),
      { numRuns: 5_000 },
    )
  })

  it('that gives 400 commands at once has a result for each: no more live than may', async () => {
    const { gateway } = await serve({ commandsMax: 300, ttlMs: 3_000 })
    const asked = gateway.with({ deadlineMs: 40_000 }).ask
    const results = await Promise.all(
      Array.from(
        { length: 400 },
        (_, group) => asked.command({ to: { kind: 'group', group }, command: on }) as Promise<CommandResult>,
      ),
    )
    const counts: Record<string, number> = {}
    for (const { state, reason } of results) counts[`${state} ${reason}`] = (counts[`${state} ${reason}`] ?? 0) + 1
    expect(counts).toEqual({ 'abandoned no-controller': 300, 'rejected queue-full': 100 })
    const { commands } = await gateway.ask.statistics()
    expect(commands).toMatchObject({ given: 400, queued: 0, sent: 0, acked: 0 })
  })

  it('that names a home that there is not has its command abandoned', async () => {
    const { gateway } = await serve({ homes: { kind: 'by-id' }, ttlMs: 100 })
    expect(await gateway.ask.command({ to: { ...device(1), home: 'nowhere' }, command: on })).toMatchObject({
      state: 'abandoned',
      reason: 'no-controller',
    })
  })

  it('that asks a controller for states asks that one, known address or not', async () => {
    const { gateway, url } = await serve()
    await RawController.login(url, 0x301)
    const second = await RawController.login(url, 0x302)
    await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(2))
    const to = { kind: 'controller', deviceId: 0x302 } as const
    expect(await gateway.ask.command({ to, command: { kind: 'mesh-query' } })).toMatchObject({ state: 'done' })
    expect(second.commands).toEqual(['mesh-query'])
  })

  it('has a command that waits sent with the login of a controller, at its first attempt', async () => {
    const { gateway, url } = await serve()
    const result = gateway.with({ deadlineMs: 30_000 }).ask.command({ to: device(1), command: on, id: 'waits' })
    await eventually(async () => expect(await gateway.ask.result('waits')).toMatchObject({ state: 'queued' }))
    await RawController.login(url, 0x101)
    expect(await result).toMatchObject({ state: 'done', attempts: [{ outcome: 'done' }] })
    expect(((await result) as CommandResult).attempts).toHaveLength(1)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('may ask for pages from %s, and close within it', async (n) => {
    const { gateway } = await serve()
    expect(await gateway.ask.states(undefined, n, n)).toEqual([])
    expect(await gateway.ask.controllers(n, n)).toEqual([])
    expect(await gateway.with({ deadlineMs: 20_000 }).ask.close(n)).toBe(0)
  })
})
