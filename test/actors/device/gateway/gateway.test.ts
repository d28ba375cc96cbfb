import type { ActorRef, System } from 'troupe'
import { type CommandResult, type CyncGatewayProtocol, type ServeCyncOptions, serveCync } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../support/eventually.ts'
import { sharedSystem } from '../../../support/shared-system.ts'
import { mute, RawController } from './raw-controller.ts'

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
})

void [off, mute, eventually]
