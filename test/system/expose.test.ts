import { MessageChannel, type MessagePort, Worker as Thread } from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { type ActorRef, type ActorSystem, expose, wrap } from 'troupe'
import { describe, expect, test } from 'vitest'
import { none, Worker, type WorkerProtocol } from '#fixtures/system/worker.actor'
import { eventually } from '../support/eventually.ts'
import { withSystem } from '../support/with-system.ts'

type AnyApi = Record<string, (...args: unknown[]) => Promise<unknown>>

/** A worker actor that is offered to the other port, `name` and `work` only. */
async function offered(
  threads: number,
  body: (port: MessagePort, actor: ActorRef<WorkerProtocol>, system: ActorSystem) => Promise<void>,
): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  try {
    await withSystem({ threads }, async (system) => {
      const actor = system.spawn(Worker, [], { name: 'w', shutdownMs: 50, backoff: { minMs: 1 } })
      expose(actor, port1, { allow: ['name', 'work'], deadlineMs: 10_000 })
      await body(port2, actor, system)
    })
  } finally {
    port2.close()
  }
}

const comlink = (port: MessagePort): AnyApi => Comlink.wrap(nodeEndpoint(port)) as unknown as AnyApi

describe('an exposed actor', () => {
  test.each([0, 1])('answers a Comlink client; it lives on one of %i worker threads', (threads) =>
    offered(threads, async (port) => {
      const api = comlink(port)
      expect(await api['name']?.()).toBe('/w')
      await expect(api['work']?.(-1)).rejects.toMatchObject({ name: 'RangeError', message: 'job -1' })
      expect(await api['work']?.(3)).toBe('/w')
    }),
  )

  test('refuses handlers that are not listed', () =>
    offered(0, async (port, actor) => {
      await expect(comlink(port)['take']?.(1)).rejects.toThrow('refused: APPLY of take')
      expect(await actor.ask.seen()).toEqual([])
    }))

  test('lets nobody reach a constructor, a prototype, or anything else of the object', () =>
    offered(0, async (port) => {
      const api = Comlink.wrap(nodeEndpoint(port)) as any
      await expect(new api.constructor.constructor('return process.pid')).rejects.toThrow(
        'refused: CONSTRUCT of constructor.constructor',
      )
      await expect(api.constructor.constructor('return process')).rejects.toThrow(
        'refused: APPLY of constructor.constructor',
      )
      await expect(api.name.constructor('return process')).rejects.toThrow('refused: APPLY of name.constructor')
      await expect(api.hasOwnProperty.call('name')).rejects.toThrow('refused')
      await expect(Promise.resolve(api.name)).rejects.toThrow('refused: GET of name')
      await expect(api.name(Comlink.proxy(() => {}))).rejects.toThrow('refused: APPLY of name')
      api.constructor.prototype.polluted = 1
      api.name = 1
      expect(await api.name()).toBe('/w')
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    }))

  test('survives messages that are none of Comlink', () =>
    offered(0, async (port) => {
      for (const junk of [
        null,
        1,
        'x',
        {},
        { id: 'a', type: 'APPLY', path: 'name' },
        { id: 'b', type: 'APPLY', path: [{}] },
      ]) {
        port.postMessage(junk)
      }
      expect(await comlink(port)['name']?.()).toBe('/w')
    }))

  test('ends its calls when the actor stops', () =>
    offered(0, async (port, actor, system) => {
      const call = wrap<WorkerProtocol>(port).work(99)
      const ended = expect(call).rejects.toThrow(/stopped|ended/)
      await eventually(() => expect(system.inspect().actors.find(({ path }) => path === '/w')?.queued).toBe(1))
      await system.stop(none(actor))
      await ended
      await expect(wrap<WorkerProtocol>(port).name()).rejects.toThrow('has stopped')
    }))

  test('ends a call at deadlineMs', async () => {
    const { port1, port2 } = new MessageChannel()
    await withSystem({ threads: 0 }, async (system) => {
      const actor = system.spawn(Worker, [], { shutdownMs: 50 })
      expose(actor, port1, { allow: ['work'], deadlineMs: 50 })
      await expect(wrap<WorkerProtocol>(port2).work(99)).rejects.toThrow("did not answer 'work' within 50 ms")
    })
    port1.close()
  })

  test('can be withdrawn', async () => {
    const { port1, port2 } = new MessageChannel()
    await withSystem({ threads: 0 }, async (system) => {
      const actor = system.spawn(Worker, [], { shutdownMs: 50 })
      const exposure = expose(actor, port1, { allow: ['work'] })
      const call = wrap<WorkerProtocol>(port2).work(99)
      const ended = expect(call).rejects.toMatchObject({ code: 'port-closed' })
      await actor.ready()
      exposure.close()
      port1.close()
      await ended
    })
  })

  test('needs a list of handlers that exist', () =>
    withSystem({ threads: 0 }, async (system) => {
      const { port1 } = new MessageChannel()
      const actor = system.spawn(Worker, [])
      expect(() => expose(actor, port1, { allow: [] })).toThrow('allow must list the handlers')
      expect(() => expose(actor, port1, { allow: ['constructor' as never] })).toThrow("has no handler 'constructor'")
      expect(() => expose(actor, port1, { allow: ['nothing' as never] })).toThrow("has no handler 'nothing'")
      expect(() => expose({} as never, port1, { allow: ['name'] as never })).toThrow('expected an actor ref')
      expect(() => expose(actor, port1, { allow: ['name'], deadlineMs: -1 })).toThrow('deadlineMs must be')
      expect(() => expose(actor, port1, { allow: ['name'], allowed: 1 } as never)).toThrow("did you mean 'allow'")
      port1.close()
    }))
})

test('a wrapped actor rejects its calls when the thread behind the port ends', async () => {
  const { port1, port2 } = new MessageChannel()
  const source = "require('node:worker_threads').parentPort.once('message', () => process.exit(0))"
  const thread = new Thread(source, { eval: true })
  thread.postMessage({ port: port1 }, [port1])
  const api = wrap<WorkerProtocol>(port2)
  await expect(api.name()).rejects.toMatchObject({ code: 'port-closed' })
  await expect(api.name()).rejects.toMatchObject({ code: 'port-closed' })
})
