import { type ActorSystem, type MessageAccount, SeededRandom, type SystemEvent, type SystemOptions } from 'troupe'
import { expect, onTestFinished } from 'vitest'
import { composeSystem } from '#src/system/one-thread'
import { VirtualClock } from './virtual-clock.ts'

export interface TestBed {
  readonly system: ActorSystem
  readonly events: SystemEvent[]
  readonly logged: string[]
  /** Lets all actors work until nothing moves any more. */
  settle(): Promise<void>
  /** Lets virtual time pass. */
  advance(ms: number): Promise<void>
  /** Time passes while nobody works. */
  jump(ms: number): void
  /** At rest; fails if the account is not exact. */
  account(): Promise<MessageAccount>
}

/** A system on this thread in virtual time. At the end of the test its account has to be exact, and it shuts down. */
export async function startSystem(options: SystemOptions = {}): Promise<TestBed> {
  const clock = new VirtualClock()
  const logged: string[] = []
  const logSink = {
    write: (level: string, _path: unknown, _fields: object, text: string) => void logged.push(`${level} ${text}`),
  }
  const system = await composeSystem(
    { log: 'silent', signals: false, keepAlive: false, onRootFailure: 'stop-child', ...options },
    { clock, random: new SeededRandom(1), logSink },
  )
  const events: SystemEvent[] = []
  system.events.on('all', (event) => void events.push(event))
  const account = async (): Promise<MessageAccount> => {
    await settle()
    const found = await system.account()
    expect(found, 'the account is exact').toMatchObject({ isExact: true })
    return found
  }
  onTestFinished(async () => {
    await account()
    let isOver = false
    const shutdown = system.shutdown().catch(() => {})
    void shutdown.then(() => (isOver = true))
    while (!isOver) await clock.advance(10_000, settle)
  })
  return {
    system,
    events,
    logged,
    settle,
    account,
    advance: (ms) => clock.advance(ms, settle),
    jump: (ms) => clock.jump(ms),
  }
}

/** Microtasks, immediates, and what these bring about, some rounds deep. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 8; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** A promise, and the ways to end it. */
export function gate<T = void>(): { readonly promise: Promise<T>; open(value: T): void; fail(error: unknown): void } {
  let open!: (value: T) => void
  let fail!: (error: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}
