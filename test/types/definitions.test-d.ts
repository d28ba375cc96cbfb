/**
 * Checked by the compiler alone (`npm run types`), never run: each line has to compile, and each `@ts-expect-error` has to
 * be an error.
 */
import {
  type ActorDefinition,
  type ActorRef,
  type ActorSystem,
  defineActor,
  implement,
  type ProtocolOf,
  type Self,
} from 'troupe'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const expectTrue = <T extends true>(): T | undefined => undefined
const module = import.meta.url
declare const system: ActorSystem

// A protocol that is read off the handlers.
const Counter = defineActor({
  name: 'Counter',
  module,
  start: (_self, from: number) => ({ total: from }),
  on: {
    add(self, by: number) {
      self.state.total += by
    },
    total: (self) => self.state.total,
    later: async (self) => String(self.state.total),
    async *countdown(self, step: number) {
      while (self.state.total > 0) yield (self.state.total -= step)
    },
  },
})
type CounterProtocol = ProtocolOf<typeof Counter>
expectTrue<Equal<Parameters<CounterProtocol['add']>, [by: number]>>()
expectTrue<Equal<ReturnType<CounterProtocol['total']>, number>>()

const counter = system.spawn(Counter, [5])
expectTrue<Equal<typeof counter, ActorRef<CounterProtocol>>>()
expectTrue<Equal<ReturnType<typeof counter.tell.add>, 'accepted' | 'mailbox-full' | 'actor-stopped'>>()
expectTrue<Equal<ReturnType<typeof counter.ask.total>, Promise<number>>>()
expectTrue<Equal<ReturnType<typeof counter.ask.later>, Promise<string>>>()
for await (const item of counter.stream.countdown(1)) expectTrue<Equal<typeof item, number>>()
expectTrue<Equal<ReturnType<ReturnType<typeof counter.with>['ask']['total']>, Promise<number>>>()

// @ts-expect-error a start argument of another type
system.spawn(Counter, ['5'])
// @ts-expect-error a start argument too few
system.spawn(Counter, [])
// @ts-expect-error no such handler
counter.tell.ad(1)
// @ts-expect-error an argument of another type
counter.tell.add('1')
// @ts-expect-error an argument too few
counter.ask.add()
// @ts-expect-error a stream cannot be told
counter.tell.countdown(1)
// @ts-expect-error nor asked
counter.ask.countdown(1)
// @ts-expect-error what answers once is no stream
counter.stream.total()
// @ts-expect-error an unknown call option
counter.with({ deadline: 5 })
// @ts-expect-error an unknown option of spawn
system.spawn(Counter, [5], { nam: 'x' })

// What never answers, or answers anything, is no stream.
const Odd = defineActor({
  name: 'Odd',
  module,
  start: () => 0,
  on: {
    fail() {
      throw new Error('always')
    },
    anything: (): any => 1,
    plainStream: (): AsyncGenerator<string> => text(),
  },
})
declare function text(): AsyncGenerator<string>
const odd = system.spawn(Odd, [])
expectTrue<Equal<ReturnType<typeof odd.ask.fail>, Promise<never>>>()
expectTrue<Equal<ReturnType<typeof odd.ask.anything>, Promise<any>>>()
odd.tell.fail()
for await (const item of odd.stream.plainStream()) expectTrue<Equal<typeof item, string>>()
// @ts-expect-error
odd.stream.fail()

// State that `start` answers asynchronously.
const Slow = defineActor({
  name: 'Slow',
  module,
  start: async (_self, text: string) => ({ text }),
  on: { length: (self) => self.state.text.length },
})
expectTrue<Equal<ReturnType<ReturnType<typeof spawnSlow>['ask']['length']>, Promise<number>>>()
const spawnSlow = () => system.spawn(Slow, ['a'])

defineActor({
  name: 'WrongState',
  module,
  start: () => ({ total: 1 }),
  // @ts-expect-error the state has no such field
  on: { total: (self) => self.state.sum },
})

// Handlers that were written apart.
interface Account {
  sum: number
}
interface AccountProtocol {
  deposit(amount: number): Promise<void>
  sum(): number
}
async function deposit(self: Self<Account, AccountProtocol>, amount: number): Promise<void> {
  self.state.sum += amount
}
function down(self: Self<Account, AccountProtocol>): void {
  self.state.sum = 0
}
async function stop(self: Self<Account, AccountProtocol>): Promise<void> {
  self.state.sum = 0
}
const DeclaredAccount = implement<AccountProtocol>()({
  name: 'DeclaredAccount',
  module,
  start: (_self, sum: number) => ({ sum }),
  on: { deposit, sum: (self) => self.state.sum },
  signals: { down },
  stop,
})
expectTrue<Equal<typeof DeclaredAccount, ActorDefinition<[sum: number], AccountProtocol>>>()
const InferredAccount = defineActor({
  name: 'InferredAccount',
  module,
  start: (_self, sum: number) => ({ sum }),
  on: { deposit, sum: (self) => self.state.sum },
  signals: { down },
  stop,
})
expectTrue<Equal<ReturnType<ProtocolOf<typeof InferredAccount>['sum']>, number>>()
expectTrue<Equal<Parameters<ProtocolOf<typeof InferredAccount>['deposit']>, [amount: number]>>()
system.spawn(InferredAccount, [1]).tell.deposit(2)
// @ts-expect-error the arguments of start are known all the same
system.spawn(DeclaredAccount, ['1'])

// Handlers before `start`.
const Backwards = implement<AccountProtocol>()({
  name: 'Backwards',
  module,
  on: { deposit, sum: (self) => self.state.sum },
  start: (_self, sum: number) => ({ sum }),
})
system.spawn(Backwards, [1])

implement<AccountProtocol>()({
  name: 'OtherState',
  module,
  // @ts-expect-error a handler written for another state does not fit
  start: (_self, name: string) => ({ name }),
  // @ts-expect-error
  on: { deposit, sum: () => 1 },
})

// Two actors that know each other, `self.ref`, timers, `become`.
interface PingProtocol {
  ping(count: number): void
  tick(label: string): void
}
interface PongProtocol {
  pong(count: number): void
  peer(ping: ActorRef<PingProtocol>): void
  total(): number
  feed(): AsyncGenerator<number>
}
const Ping = implement<PingProtocol>()({
  name: 'Ping',
  module,
  start(self, pong: ActorRef<PongProtocol>) {
    pong.tell.peer(self.ref)
    self.timers.every('tick', 100, 'tick', 'a')
    // @ts-expect-error no such handler
    self.timers.once('tick', 100, 'tock')
    // @ts-expect-error an argument of another type
    self.timers.once('tick', 100, 'tick', 1)
    return { pong, seen: 0 }
  },
  on: {
    ping(self, count) {
      expectTrue<Equal<typeof count, number>>()
      self.state.pong.tell.pong(count + 1)
    },
    tick(self, label) {
      expectTrue<Equal<typeof label, string>>()
      self.ref.tell.ping(1)
      self.become({ ping() {}, tick: (self, label) => void (self.state.seen += label.length) })
      // @ts-expect-error a table that lacks a handler
      self.become({ ping() {} })
    },
  },
})
const Pong = implement<PongProtocol>()({
  name: 'Pong',
  module,
  start: () => ({ ping: undefined as ActorRef<PingProtocol> | undefined, seen: 0 }),
  on: {
    pong(self, count) {
      self.state.seen += count
      self.state.ping?.tell.ping(count)
      // @ts-expect-error the peer has another protocol
      self.state.ping?.tell.pong(count)
    },
    peer(self, ping) {
      self.state.ping = ping
    },
    async total(self) {
      const other: number = await self.ask(self.ref).total()
      return other + self.state.seen
    },
    async *feed(self) {
      yield self.state.seen
    },
  },
})
const pong = system.spawn(Pong, [])
system.spawn(Ping, [pong])
// @ts-expect-error a ref of another protocol
pong.tell.peer(counter)

implement<PongProtocol>()({
  name: 'Incomplete',
  module,
  start: () => 0,
  // @ts-expect-error three handlers are missing
  on: { pong() {} },
})
implement<PingProtocol>()({
  name: 'WrongArgument',
  module,
  start: () => 0,
  // @ts-expect-error the protocol says number
  on: { ping(_self, _count: string) {}, tick() {} },
})
implement<AccountProtocol>()({
  name: 'WrongAnswer',
  module,
  start: () => 0,
  // @ts-expect-error the protocol says number
  on: { async deposit() {}, sum: () => 'much' },
})
defineActor({
  name: 'UnknownKey',
  module,
  start: () => 0,
  on: {},
  // @ts-expect-error no such key
  onStop() {},
})
// @ts-expect-error no state
defineActor({ name: 'NoStart', module, on: {} })

// Children, and refs among the arguments of a start.
const Parent = defineActor({
  name: 'Parent',
  module,
  start(self) {
    const child = self.spawn(Counter, [1], { name: 'child', restart: 'transient', backoff: { minMs: 1 } })
    // @ts-expect-error the arguments of the child's start
    self.spawn(Counter, [true])
    self.watch(child)
    self.link(child)
    // @ts-expect-error not a ref
    self.watch('child')
    return { child }
  },
  on: {
    child: (self) => self.state.child,
    ask: (self) => self.ask(self.state.child, { deadlineMs: 10 }).total(),
  },
})
const child = await system.spawn(Parent, []).ask.child()
child.tell.add(1)
const answer: number = await system.spawn(Parent, []).ask.ask()

export { answer }
