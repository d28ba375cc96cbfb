import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChildOptions } from '#src/kernel/supervision/child-options'
import { type ExitReason, normalExit } from '#src/kernel/supervision/exit-reason'
import { resolveSuperviseOptions, type SuperviseOptions } from '#src/kernel/supervision/supervise-options'
import { Family, failure } from './family.ts'
import { OtpModel } from './otp-model.ts'

const names = ['a', 'b', 'c', 'd', 'e']
const name = fc.constantFrom(...names)

const supervise = fc.record({
  strategy: fc.constantFrom('one-for-one', 'rest-for-one', 'one-for-all'),
  restartsMax: fc.constantFrom(0, 1, 2, 5, 50, 50, 50),
  windowMs: fc.constant(100),
  autoShutdown: fc.constantFrom('any-significant', 'all-significant'),
  onExceeded: fc.constantFrom('escalate', 'stop-child'),
}) satisfies fc.Arbitrary<SuperviseOptions>

const childOptions = fc.record({
  restart: fc.constantFrom('permanent', 'permanent', 'transient', 'temporary'),
  isSignificant: fc.constantFrom(true, false, false, false),
  hasBackoff: fc.boolean(),
  stopping: fc.constantFrom('in-turn', 'in-turn', 'together'),
  kind: fc.constantFrom(undefined, 'x', 'y'),
})

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('add'), name, options: childOptions }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('exit'),
      name,
      how: fc.constantFrom('failure', 'failure', 'failure', 'normal', 'hopeless'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('thread-lost'), names: fc.shuffledSubarray(names) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('fail-starts'), name, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('timer'), pick: fc.nat(10) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('time'), byMs: fc.constantFrom(1, 50, 100, 101, 600) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('stop-child'), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('unpark'), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('end'),
      how: fc.constantFrom('shutdown', 'shutdown', 'kill', ...new Array<'not yet'>(20).fill('not yet')),
      slow: fc.shuffledSubarray(names),
    }),
  },
)

const reasons: Record<'failure' | 'normal' | 'hopeless', ExitReason> = {
  failure,
  normal: normalExit,
  hopeless: { kind: 'failure', error: { retryable: false } },
}

const ordinary = { restart: 'permanent', isSignificant: false, hasBackoff: false, stopping: 'in-turn' } as const

describe('a supervisor whose children stop and start at once', () => {
  it('commands what a list-searching model of OTP commands, after any sequence of events', () => {
    const property = fc.property(supervise, fc.array(event, { maxLength: 60 }), (options, events) => {
      const pair = new Pair(options)
      for (const name of names) pair.add(name, { ...ordinary, kind: name === 'a' ? undefined : 'x' })
      for (const [index, next] of events.entries()) {
        pair.apply(next, index)
        pair.compare()
      }
    })
    fc.assert(property, { numRuns: 2_000 })
  })
})

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never
type Options = typeof childOptions extends fc.Arbitrary<infer O> ? O : never

class Pair {
  readonly family: Family
  readonly model: OtpModel

  constructor(options: SuperviseOptions) {
    this.family = new Family(options)
    this.model = new OtpModel(resolveSuperviseOptions(options))
    this.model.nowMs = this.family.nowMs
  }

  apply(event: Event, index: number): void {
    const { family, model } = this
    switch (event.type) {
      case 'add':
        if (!this.#isChild(event.name)) this.add(event.name, event.options)
        break
      case 'exit':
        if (!this.#isUp(event.name)) break
        model.exit([event.name], event.how)
        family.exited(event.name, reasons[event.how])
        break
      case 'thread-lost': {
        const lost = event.names.filter((name) => this.#isChild(name))
        model.exit(lost, 'thread-lost', index)
        family.threadLost(lost, index)
        break
      }
      case 'fail-starts':
        model.failingStarts.set(event.name, event.count)
        family.failingStarts.set(event.name, event.count)
        break
      case 'timer': {
        const pending = [...model.timers.keys()].sort()
        const due = pending[event.pick % pending.length]
        if (due === undefined) break
        model.timer(due)
        family.timerElapsed(due)
        break
      }
      case 'time':
        family.nowMs += event.byMs
        model.nowMs = family.nowMs
        break
      case 'stop-child':
        if (!this.#isChild(event.name)) break
        model.stopChild(event.name)
        family.supervisor.stopChild(family.child(event.name))
        break
      case 'unpark':
        if (!this.#isChild(event.name)) break
        model.unpark(event.name)
        family.supervisor.unpark(family.child(event.name))
        break
      case 'end':
        if (event.how === 'not yet') break
        for (const name of event.slow) {
          model.slowToStop.add(name)
          family.slowToStop.add(name)
        }
        if (event.how === 'kill') model.kill()
        else model.end('allStopped')
        family.supervisor[event.how]()
    }
  }

  add(name: string, { restart, isSignificant, hasBackoff, stopping, kind }: Options): void {
    const significant = isSignificant && restart !== 'permanent'
    const options: ChildOptions = { restart, significant, stopping }
    const mark = stopping === 'together' ? stopping : kind
    if (kind === undefined) this.family.kinds.delete(name)
    else this.family.kinds.set(name, kind)
    const backoff = { minMs: 100, maxMs: 300, jitter: 0, resetAfterMs: 200, restartsMax: 4 }
    this.model.add({
      ...{ name, restart, significant, mark, stableMs: 200, delaysMs: hasBackoff ? [100, 200, 300, 300] : undefined },
      ...{ state: 'down', hasRun: false, failures: 0, startedMs: 0 },
    })
    this.family.add(name, hasBackoff ? { ...options, backoff } : options)
  }

  compare(): void {
    const { family, model } = this
    expect(family.take()).toEqual(model.commands)
    model.commands = []
    expect([...family.timers].sort()).toEqual([...model.timers].sort())
    const states = { up: 'running', down: 'queued', waiting: 'waiting', parked: 'parked', asked: 'stopping' }
    const expected = Object.fromEntries(model.children.map((child) => [child.name, states[child.state]]))
    expect(family.phases()).toEqual(expected)
    expect(family.supervisor.children.count).toBe(model.children.length)
    expect(family.supervisor.isEnding).toBe(model.isEnding)
  }

  #isChild(name: string): boolean {
    return this.model.children.some((child) => child.name === name)
  }

  #isUp(name: string): boolean {
    return this.model.children.some(({ name: other, state }) => other === name && (state === 'up' || state === 'asked'))
  }
}
