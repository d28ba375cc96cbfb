import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandRequest, type CommandResult, FileOutbox, type ServeCyncOptions, serveCync } from 'troupe/actors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLog } from '#actors/device/gateway/command-log'
import { eventually } from '../../../support/eventually.ts'
import { sharedSystem } from '../../../support/shared-system.ts'
import { RawController } from './raw-controller.ts'

const system = sharedSystem({ threads: 0 })
let root = ''
let count = 0
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'gateway-outbox-'))))
afterAll(() => rm(root, { recursive: true }))

const place = () => join(root, String(++count))
const to = { kind: 'device', meshAddress: 1 } as const
const power = { kind: 'power', isOn: true } as const
const mode = { kind: 'relay', command: 0x8e, opcode: 0xf7, parameters: Uint8Array.of(1, 2) } as const

/** What a gateway leaves that dies with these commands under way. */
async function interrupted(directory: string, ...requests: (CommandRequest & { readonly id: string })[]) {
  const log = await CommandLog.open({ directory })
  for (const request of requests) expect(await log.store(request)).toBeTypeOf('number')
  await log.close()
}

async function serve(directory: string, options: ServeCyncOptions = {}) {
  const gateway = serveCync(system(), 'tcp://127.0.0.1:0', { outbox: { directory }, paceMs: 0, ...options })
  await gateway.ready()
  const [url] = await gateway.ask.endpoints()
  return { gateway, url: url! }
}

async function leftIn(directory: string): Promise<number> {
  const outbox = await FileOutbox.open(directory)
  const { unconfirmedCount } = outbox
  await outbox.close()
  return unconfirmedCount
}

describe('the commands of a gateway with an outbox', () => {
  it('have left it when they have their results', async () => {
    const directory = place()
    const { gateway, url } = await serve(directory)
    await RawController.login(url, 0x101)
    expect(await gateway.ask.command({ to, command: power })).toMatchObject({ state: 'done' })
    expect(await gateway.ask.submit({ to, command: mode, id: 'mode' })).toBe('mode')
    await eventually(async () => expect(await gateway.ask.result('mode')).toMatchObject({ state: 'done' }))
    await system().stop(gateway)
    expect(await leftIn(directory)).toBe(0)
  })

  it('are gone on with when the gateway had died, but not those that must not be carried out twice', async () => {
    const directory = place()
    await interrupted(directory, { id: 'again', to, command: power }, { id: 'once', to, command: mode })
    const { gateway, url } = await serve(directory)
    const controller = await RawController.login(url, 0x101)
    await eventually(async () => expect(await gateway.ask.result('again')).toMatchObject({ state: 'done' }))
    expect(await gateway.ask.result('once')).toMatchObject({ state: 'abandoned', reason: 'interrupted' })
    expect(controller.commands).not.toContain('relay')
    await system().stop(gateway)
    expect(await leftIn(directory)).toBe(0)
  })

  it('are abandoned when they are too old by then', async () => {
    const directory = place()
    await interrupted(directory, { id: 'old', to, command: power, ttlMs: 1 })
    await eventually(async () => {
      const log = await CommandLog.open({ directory })
      const [command] = log.interrupted()
      await log.close()
      expect(command!.ageMs).toBeGreaterThan(1)
    })
    const { gateway } = await serve(directory)
    await eventually(async () => {
      expect(await gateway.ask.result('old')).toMatchObject({ state: 'abandoned', reason: 'expired' })
    })
    await system().stop(gateway)
  })

  it('stay in it when the gateway stops without a result', async () => {
    const directory = place()
    const { gateway } = await serve(directory)
    expect(await gateway.ask.submit({ to, command: power, id: 'waits' })).toBe('waits')
    await system().stop(gateway)
    const log = await CommandLog.open({ directory })
    expect(log.interrupted().map(({ request }) => request)).toEqual([{ to, command: power, id: 'waits' }])
    await log.close()
  })

  it('are rejected, and not sent, when it is full', async () => {
    const directory = place()
    const { gateway } = await serve(directory, { outbox: { directory, entriesMax: 1 } })
    expect(await gateway.ask.submit({ to, command: power, id: 'first' })).toBe('first')
    const second = (await gateway.ask.command({ to, command: power, id: 'second' })) as CommandResult
    expect(second).toMatchObject({ state: 'rejected', reason: 'not-stored', attempts: [] })
    await system().stop(gateway)
    expect(await leftIn(directory)).toBe(1)
  })

  it('are not stored when they are no commands', async () => {
    const directory = place()
    const { gateway } = await serve(directory)
    const wrong = { to, command: { kind: 'brightness', brightness: 400 } } as const
    expect(await gateway.ask.submit(wrong)).toMatchObject({ code: 'invalid-packet' })
    await system().stop(gateway)
    expect(await leftIn(directory)).toBe(0)
  })
})

describe('the option outbox', () => {
  it.each([
    [{ directory: '' }, 'directory must be a path, got '],
    [{}, 'directory must be a path, got undefined'],
    [{ directory: 'x', entriesMax: 0 }, 'entriesMax'],
    [{ directory: 'x', bites: 1 }, 'bites'],
  ])('refuses %o', (outbox, text) => {
    expect(() => serveCync(system(), 'tcp://127.0.0.1:0', { outbox: outbox as never })).toThrow(text)
  })

  it('cannot be a directory that another gateway has', async () => {
    const directory = place()
    const { gateway } = await serve(directory)
    await expect(serve(directory)).rejects.toMatchObject({ cause: { code: 'outbox-locked' } })
    await system().stop(gateway)
  })
})
