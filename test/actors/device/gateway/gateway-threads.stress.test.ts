import { type CommandResult, serveCync } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../support/eventually.ts'
import { until } from '../../../support/until.ts'
import { withSystem } from '../../../support/with-system.ts'
import { mute, RawController } from './raw-controller.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
const on = { kind: 'power', isOn: true } as const
/** Attempts enough for a machine that is slow to replace a thread. */
const options = { queryAfterMs: Number.POSITIVE_INFINITY, paceMs: 0, coalesceMs: 0, attemptsMax: 20, ttlMs: 30_000 }

describe('a gateway that loses threads', { timeout: 60_000 }, () => {
  it.skipIf(major < 24)('accounts for every command that was with a lost connection', async () => {
    await withSystem({ threads: 3 }, async (system) => {
      const gateway = serveCync(system, 'tcp://127.0.0.1:0', { ...options, threads: 2, spawn: { placement: 'here' } })
      await gateway.ready()
      const [url] = await gateway.ask.endpoints()
      const controllers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => RawController.login(url!, 0x101 + index)),
      )
      await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(20))
      for (const controller of controllers) controller.onRequest = mute
      const results = Promise.all(
        Array.from({ length: 40 }, (_, index) => {
          const to = { kind: 'device', meshAddress: index + 1 } as const
          return gateway.with({ deadlineMs: 40_000 }).ask.command({ to, command: on }) as Promise<CommandResult>
        }),
      )
      await until(() => controllers.filter(({ commands }) => commands.length > 0).length === 20, 'all have commands')
      const threads = await gateway.ask.connectionThreads()
      expect(Object.keys(threads)).toHaveLength(2)
      await system.killThread(Object.values(threads)[0]!)
      await until(() => controllers.filter(({ isClosed }) => isClosed).length === 10, 'half of them to be cut off')
      // Those that are left carry out what comes to them; what they had before they never answer.
      for (const controller of controllers) controller.onRequest = (request, self) => self.result(request)
      const ended = await results
      expect(ended.map(({ state }) => state)).toEqual(Array(40).fill('done'))
      expect(ended.some(({ attempts }) => attempts.some(({ outcome }) => outcome === 'controller-lost'))).toBe(true)
      for (const { deviceId } of controllers.filter(({ isClosed }) => isClosed))
        await RawController.login(url!, deviceId)
      await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(20))
      const { commands, controllers: counts } = await gateway.ask.statistics()
      expect(commands).toMatchObject({ given: 40, done: 40, queued: 0, sent: 0, acked: 0 })
      expect(counts).toMatchObject({ online: 20, lost: 10 })
    })
  })

  it('is back when its own thread was lost: who waits is told, and controllers log in again', async () => {
    await withSystem({ threads: 2 }, async (system) => {
      const gateway = serveCync(system, 'tcp://127.0.0.1:0', { ...options, threads: 1 })
      await gateway.ready()
      const [url] = await gateway.ask.endpoints()
      const controller = await RawController.login(url!, 0x101)
      controller.onRequest = mute
      await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
      const request = { to: { kind: 'device', meshAddress: 1 }, command: on } as const
      const waiting = gateway.with({ deadlineMs: 30_000 }).ask.command(request)
      const refused = expect(waiting).rejects.toMatchObject({ name: 'UnreachableError' })
      await controller.got('pipe')
      await system.killThread(gateway)
      await refused
      const again = await eventually(async () => (await gateway.ask.endpoints())[0]!)
      await RawController.login(again, 0x101)
      await eventually(async () => expect(await gateway.ask.controllers()).toHaveLength(1))
      expect(await gateway.ask.command(request)).toMatchObject({ state: 'done' })
    })
  })
})
