export { type Clock, systemClock, type TimerHandle } from './base/clock.ts'
export {
  CapacityError,
  InvariantError,
  ProtocolError,
  TroupeError,
  UnreachableError,
  UsageError,
} from './base/errors.ts'
export { type Random, SeededRandom, systemRandom } from './base/random.ts'
export type { ActorRef, Ask, Calls, SendResult, Stream, Tell } from './kernel/actor-ref.ts'
export type { CallOptions } from './kernel/call-options.ts'
export type { DeadLetter, DeadLetterReason } from './kernel/dead-letters.ts'
export { type ActorDefinition, defineActor, implement, type ProtocolOf, type Signals } from './kernel/definition.ts'
export { Frame } from './kernel/frame.ts'
export type { Log } from './kernel/log.ts'
export type { MailboxOptions, OverflowPolicy } from './kernel/mailbox-options.ts'
export type { MessageContext } from './kernel/message-context.ts'
export { router } from './kernel/routing/router.ts'
export type { RouterOptions, RoutingStrategy, WorkPoolOptions } from './kernel/routing/routing-options.ts'
export { workPool } from './kernel/routing/work-pool.ts'
export type { Self, Timers } from './kernel/self.ts'
export type { Placement, SpawnOptions } from './kernel/spawn-options.ts'
export type { BackoffOptions } from './kernel/supervision/backoff.ts'
export type { ChildOptions, OnFailureOptions } from './kernel/supervision/child-options.ts'
export { describeExit, type ExitReason } from './kernel/supervision/exit-reason.ts'
export type { RestartPolicy } from './kernel/supervision/restart-policy.ts'
export type { SuperviseOptions } from './kernel/supervision/supervise-options.ts'
export type { SystemEvent } from './kernel/system-event.ts'
export type { MessageAccount } from './system/account.ts'
export type { ActorSystem, ActorSystem as System } from './system/actor-system.ts'
export { createSystem } from './system/create-system.ts'
export type { DeadLetterFilter, DeadLetterListener, DeadLetterProtocol } from './system/dead-letter-office.ts'
export type { ActorInspection, SystemInspection, ThreadInspection } from './system/inspection.ts'
export type { LogOptions } from './system/log-options.ts'
export type { SystemEvents } from './system/system-events.ts'
export type { SystemOptions } from './system/system-options.ts'
export { type ExposeOptions, type Exposure, expose } from './threads/exposed-actor.ts'
export { wrap } from './threads/wrapped-actor.ts'
