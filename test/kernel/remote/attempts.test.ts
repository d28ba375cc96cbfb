import { defineActor, type ExitReason } from 'troupe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compiled } from '#src/kernel/definition'
import type { OutboundRoute } from '#src/kernel/remote/outbound-route'
import type { Signal } from '#src/kernel/remote/signal'
import { spawnDefaults } from '#src/kernel/spawn-options'
import { SystemMemory } from '#src/memory/system-memory'
import { startRoot } from '#src/system/root'
import { resolveSystemOptions } from '#src/system/system-options'
import { composeThread } from '#src/system/thread-parts'
import { KernelDirectory } from '#src/threads/kernel-directory'
import type { ThreadHost } from '#src/threads/thread-host'
import { settle } from '../support/start-system.ts'

const Idle = defineActor({ name: 'Idle', module: import.meta.url, start: () => ({}), on: {} })
const definition = compiled(Idle, 'test')

const HERE = 1
const THERE = 2
const failure: ExitReason = { kind: 'failure', error: new Error('boom') }

/** One kernel, and what it says to another one that is played by hand. */
describe('what is said of an earlier start', () => {
  let host: ThreadHost
  let memory: SystemMemory
  let said: Signal[]

  beforeEach(async () => {
    const options = resolveSystemOptions({ threads: 0, log: 'silent' })
    memory = SystemMemory.create({ seatsMax: 3, actorsPerSeat: 64, ringBytes: 4_096, arenaBytesPerSeat: 4_096 })
    memory.seats.beginIncarnation(HERE, 0)
    const place = { seat: HERE, incarnation: 1, rootSeat: HERE, workerSeats: [THERE] }
    const ports = {
      compute: { run: () => Promise.reject(new Error('none here')) },
      onEvent: () => {},
      onOther: () => {},
    }
    host = composeThread(memory, place, options, ports).host
    host.start()
    host.loop.close()
    said = []
    const nothing = (): never => {
      throw new Error('no messages here')
    }
    host.kernel.remote.route = {
      ...{ tell: nothing, send: nothing, position: () => 0, wasRead: () => true, place: () => THERE },
      signal: (_seat, signal) => void said.push(signal),
    } satisfies OutboundRoute
    const supervise = { restartsMax: 100 }
    await startRoot(host.kernel, supervise, () => {})
  })

  afterEach(() => host.close())

  const take = async (): Promise<string[]> => {
    await settle()
    return said.splice(0).map((signal) => `${signal.kind} ${'attempt' in signal ? signal.attempt : ''}`.trim())
  }

  it('by the thread of a child changes nothing for its parent', async () => {
    host.kernel.rootFamily().spawn(definition, [], { placement: 'any' })
    const [begin] = said as [Extract<Signal, { kind: 'begin' }>]
    const { slot, generation } = begin
    const started = (attempt: number): void =>
      host.kernel.remote.receive(THERE, { kind: 'started', slot, generation, attempt })
    const exited = (attempt: number): void =>
      host.kernel.remote.receive(THERE, { kind: 'exited', slot, generation, attempt, reason: failure })
    expect(await take()).toEqual(['begin 1'])
    started(1)
    exited(1)
    expect(await take()).toEqual(['begin 2'])
    started(2)
    exited(1)
    expect(await take()).toEqual([])
    exited(2)
    expect(await take()).toEqual(['begin 3'])
  })

  it('by the parent changes nothing for a child on this thread', async () => {
    const slot = new KernelDirectory(memory, THERE).allocate(HERE, 0, 'child', false)
    const generation = memory.directory.generation(slot)
    const { module, name } = definition
    const parent = { parentSeat: THERE, parentSlot: 0, parentPath: '/parent' }
    const begin = (attempt: number): Signal => ({
      ...{ kind: 'begin', slot, generation, attempt, ...parent, name: 'child', module, definition: name },
      ...{ args: [], options: spawnDefaults },
    })
    host.kernel.remote.receive(THERE, begin(1))
    expect(await take()).toEqual(['started 1'])
    host.kernel.remote.receive(THERE, begin(2)) // it took the first one for lost
    expect(await take()).toEqual(['started 2'])
    host.kernel.remote.receive(THERE, { kind: 'stop', slot, generation, attempt: 1, reason: { kind: 'shutdown' } })
    host.kernel.remote.receive(THERE, { kind: 'kill', slot, generation, attempt: 1 })
    host.kernel.remote.receive(THERE, { kind: 'park', slot, generation, attempt: 1, reason: failure })
    expect(await take()).toEqual([])
    host.kernel.remote.receive(THERE, { kind: 'stop', slot, generation, attempt: 2, reason: { kind: 'shutdown' } })
    expect(await take()).toEqual(['exited 2'])
  })
})
