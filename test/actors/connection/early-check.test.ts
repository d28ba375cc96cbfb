import { UsageError } from 'troupe'
import {
  dialReliable,
  type Spawner,
  serveController,
  serveCync,
  serveReliable,
  spawnChaos,
  spawnController,
  spawnFleet,
} from 'troupe/actors'
import { describe, expect, it } from 'vitest'

/** Whoever gets to it has taken what it should have refused. */
const spawner: Spawner = {
  spawn: () => {
    throw new Error('nothing was refused')
  },
}
const somewhere = 'tcp://127.0.0.1:0'
const between = { listen: somewhere, to: somewhere }
const device = { deviceId: 0x101 }
type Call = (options: never) => unknown

const dialled: Call = (options) => dialReliable(spawner, somewhere, options)
const served: Call = (options) => serveReliable(spawner, somewhere, options)
const chaotic: Call = (options: object) => spawnChaos(spawner, { ...between, ...options })
const gateway: Call = (options) => serveCync(spawner, somewhere, options)
const fleet: Call = (options) => spawnFleet(spawner, options)
const dialling: Call = (options) => spawnController(spawner, somewhere, device, options)
const listening: Call = (options) => serveController(spawner, somewhere, device, options)

describe('A mistake in options', () => {
  it.each<[string, Call, unknown, string, string]>([
    ['dialReliable', dialled, { retry: { retriesMax: -1 } }, 'invalid-option', 'retriesMax must be'],
    ['dialReliable', dialled, { retry: { maxRetries: 1 } }, 'unknown-option', "'maxRetries'"],
    ['dialReliable', dialled, { dedup: { entriesMax: 0 } }, 'invalid-option', 'entriesMax must be'],
    ['dialReliable', dialled, { outbox: '/var/outbox' }, 'invalid-option', "got '/var/outbox' in its place"],
    ['dialReliable', dialled, { outbox: { dir: '/var/outbox' } }, 'invalid-option', 'directory must be a path'],
    ['dialReliable', dialled, { outbox: { directory: '/o', bytes: 1 } }, 'unknown-option', "'bytes'"],
    ['dialReliable', dialled, { link: { queueBytes: 1 } }, 'unknown-option', "'queueBytes'"],
    ['dialReliable', dialled, { connectTimeoutMs: Number.NaN }, 'invalid-option', 'connectTimeoutMs must be'],
    ['dialReliable', dialled, { backoff: { min: 1 } }, 'unknown-option', "'min'"],
    ['dialReliable', dialled, { backoff: { minMs: 500, maxMs: 100 } }, 'invalid-option', 'maxMs must be at least'],
    ['dialReliable', dialled, { backoff: { jitter: 2 } }, 'invalid-option', 'jitter must be'],
    ['serveReliable', served, { retry: { factor: 0 } }, 'invalid-option', 'factor must be'],
    ['serveReliable', served, { dedup: { entries: 1 } }, 'unknown-option', "'entries'"],
    ['serveReliable', served, { outbox: {} }, 'invalid-option', 'directory must be a path'],
    ['serveReliable', served, { link: { overflow: 'wait' } }, 'invalid-option', 'overflow must be'],
    ['spawnChaos', chaotic, { framing: 'line' }, 'invalid-option', 'kind must be one of'],
    ['spawnChaos', chaotic, { framing: { kind: 'lines' } }, 'invalid-option', "got 'lines'"],
    ['spawnChaos', chaotic, { config: { lossRate: 1.5 } }, 'invalid-option', 'from 0 to 1, got 1.5'],
    ['spawnChaos', chaotic, { up: { latencyMs: Number.NaN } }, 'invalid-option', 'got NaN'],
    ['spawnChaos', chaotic, { to: 'udp://127.0.0.1:1' }, 'invalid-endpoint', 'must be tcp, tls or unix'],
    ['serveCync', gateway, { link: { queueBytes: 1 } }, 'unknown-option', "'queueBytes'"],
    ['spawnFleet', fleet, undefined, 'invalid-option', 'options must be an object, got undefined'],
    ['spawnFleet', fleet, {}, 'invalid-option', 'gateway must be an endpoint'],
    ['spawnFleet', fleet, { gateway: somewhere, chaos: { lossRate: Number.NaN } }, 'invalid-option', 'got NaN'],
    ['spawnController', dialling, { link: { queueBytes: 1 } }, 'unknown-option', "'queueBytes'"],
    ['serveController', listening, { link: { queueBytes: 1 } }, 'unknown-option', "'queueBytes'"],
  ])('of %s shows in the call: %o', (_name, call, options, code, text) => {
    const attempt = () => call(options as never)
    expect(attempt).toThrow(UsageError)
    expect(attempt).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }))
  })

  it.each<[string, (endpoint: string) => unknown]>([
    ['dialReliable', (endpoint) => dialReliable(spawner, endpoint)],
    ['serveReliable', (endpoint) => serveReliable(spawner, endpoint)],
    ['spawnController', (endpoint) => spawnController(spawner, endpoint, device)],
    ['serveController', (endpoint) => serveController(spawner, endpoint, device)],
  ])('shows in the call where %s is to take datagrams', (name, call) => {
    expect(() => call('udp://127.0.0.1:1')).toThrow(`${name}: udp://127.0.0.1:1 must be tcp, tls or unix`)
  })
})

describe('A system that was not awaited', () => {
  it.each<[string, (unawaited: Spawner) => unknown]>([
    ['dialReliable', (unawaited) => dialReliable(unawaited, somewhere)],
    ['serveReliable', (unawaited) => serveReliable(unawaited, somewhere)],
    ['spawnChaos', (unawaited) => spawnChaos(unawaited, between)],
    ['serveCync', (unawaited) => serveCync(unawaited, somewhere)],
    ['spawnFleet', (unawaited) => spawnFleet(unawaited, { gateway: somewhere })],
    ['spawnController', (unawaited) => spawnController(unawaited, somewhere, device)],
    ['serveController', (unawaited) => serveController(unawaited, somewhere, device)],
  ])('is told so by %s', (name, call) => {
    const unawaited = Promise.resolve(spawner) as unknown as Spawner
    expect(() => call(unawaited)).toThrow(
      `${name}: spawner must be a system, or self of an actor, got a promise: is an await missing?`,
    )
  })
})
