import { CapacityError, type TroupeError, UnreachableError, UsageError } from '../base/errors.ts'
import type { SendResult } from './actor-ref.ts'
import type { ResolvedCallOptions } from './call-options.ts'
import type { DeadLetterReason } from './dead-letters.ts'
import type { ReplyPort } from './envelope.ts'
import { Envelope } from './envelope.ts'
import type { CallScope } from './facade.ts'
import type { Kernel } from './kernel.ts'
import { rejectStitched } from './stitched-stack.ts'

/**
 * One ask that waits. It is its own envelope and its own reply port, so an ask between actors of one thread costs this
 * object and its promise; to another thread it is its own terms and open call too. It ends by answer, error, deadline,
 * cancel, or the death of target or asker, whichever comes first.
 */
export class PendingAsk extends Envelope implements ReplyPort {
  readonly promise: Promise<unknown>
  readonly kernel: Kernel
  readonly target: AskTarget
  readonly code: number
  readonly scope: CallScope | undefined
  isOpen = true
  /** Neighbours among the pending asks of equal patience, see `AskDeadlines`. */
  earlier: PendingAsk | undefined = undefined
  later: PendingAsk | undefined = undefined
  readonly patienceMs: number
  /** Which open call of this kernel it is, if it went to another thread; 0 otherwise. */
  correlation = 0
  /** As in `OpenCall`. */
  seat = -1
  isRetained = false
  position: number | undefined = undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #stopListening: (() => void) | undefined = undefined

  constructor(
    kernel: Kernel,
    target: AskTarget,
    code: number,
    options: ResolvedCallOptions,
    scope: CallScope | undefined,
  ) {
    super()
    this.kernel = kernel
    this.target = target
    this.code = code
    this.scope = scope
    this.key = options.key
    this.patienceMs = options.deadlineMs
    if (scope !== undefined) this.chain = scope.chain
    this.reply = this
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    kernel.askDeadlines.add(this)
    if (scope !== undefined) this.#join(scope)
    if (options.signal !== undefined && this.isOpen) this.#listen(options.signal)
  }

  /** As terms: it opens no stream. */
  get credit(): number {
    return 0
  }

  /** As an open call: the ask that waits for its answer. */
  get ask(): this {
    return this
  }

  resolve(value: unknown): void {
    if (!this.#settle()) return
    this.#resolve(value)
  }

  reject(error: unknown): void {
    if (!this.#settle()) return
    this.#reject(error)
  }

  /** Rejects with an error that came from the thread on `seat`: its stack goes on with who asked. */
  rejectFrom(seat: number, error: unknown): void {
    if (!this.#settle()) return
    const { kernel, target, scope } = this
    const asker = scope === undefined ? '' : `${scope.cell.path} on `
    const origin = `asked for '${this.handlerName}' of ${target.path} on thread ${seat}`
    rejectStitched(this.#resolve, error, `${origin}, from ${asker}thread ${kernel.seat}`)
  }

  /** The message was not taken. */
  refuse(result: SendResult, isParked = false): void {
    const { path } = this.target
    if (isParked) this.reject(new UnreachableError('actor-parked', `${path} is parked`))
    else this.reject(actorStopped(path, result === 'mailbox-full' ? result : 'actor-stopped'))
  }

  /** The asker waits no longer: rejects, and tells a receiver that has it still before it or in its hands. */
  abandon(error: unknown): void {
    if (!this.isOpen) return
    this.cancel(error)
    this.reject(error)
  }

  expire(): void {
    this.abandon(
      new UnreachableError(
        'ask-timeout',
        `${this.target.path} did not answer '${this.handlerName}' within ${this.patienceMs} ms`,
      ),
    )
  }

  get handlerName(): string {
    return this.target.handlerNames[this.code >> 2] ?? '?'
  }

  /** Part of the asker's chain from now on: a cycle fails here, and the end of the asker's incarnation ends it. */
  #join(scope: CallScope): void {
    if (scope.cell.incarnation !== scope.incarnation || scope.cell.self === undefined) {
      this.reject(new UnreachableError('actor-gone', `the incarnation of ${scope.cell.path} that asks has ended`))
    } else if (scope.chain.includes(this.target.slot)) {
      const names = scope.chain.map((slot) => this.kernel.pathOf(slot)).join(' -> ')
      this.reject(new UsageError('ask-cycle', `a cycle of asks cannot end: ${names} -> ${this.target.path}`))
    } else if (scope.chain.length > CHAIN_MAX) {
      this.reject(new UsageError('ask-chain-too-long', `a chain of asks has at most ${CHAIN_MAX} actors that wait`))
    } else {
      scope.cell.more.asks.add(this)
    }
  }

  #settle(): boolean {
    if (!this.isOpen) {
      this.kernel.meters.add('late-replies', 1)
      return false
    }
    this.isOpen = false
    this.kernel.askDeadlines.remove(this)
    this.#stopListening?.()
    this.scope?.cell.extras?.asks.delete(this)
    if (this.correlation !== 0) this.kernel.remote.askSettled(this)
    return true
  }

  #listen(signal: AbortSignal): void {
    const onAbort = (): void => this.abandon(signal.reason)
    this.#stopListening = () => signal.removeEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  }
}

/** What an ask needs to know of its target, here or elsewhere. */
export interface AskTarget {
  readonly path: string
  readonly slot: number
  readonly handlerNames: readonly string[]
}

/** Actors that may wait in one chain of asks. */
const CHAIN_MAX = 16

export function actorStopped(path: string, reason: DeadLetterReason, because?: ErrorOptions): TroupeError {
  if (reason === 'mailbox-full') return new CapacityError('mailbox-full', REASONS[reason](path))
  if (reason === 'unknown-handler') return new UsageError('unknown-handler', REASONS[reason](path))
  return new UnreachableError(CODES[reason], REASONS[reason](path), because)
}

const CODES: Readonly<Record<Exclude<DeadLetterReason, 'mailbox-full' | 'unknown-handler'>, string>> = Object.freeze({
  'actor-stopped': 'actor-stopped',
  'dropped-oldest': 'message-dropped-oldest',
  conflated: 'message-conflated',
  expired: 'message-expired',
  cancelled: 'message-cancelled',
  failed: 'message-failed',
  quarantined: 'message-quarantined',
  restarted: 'message-restarted',
  'thread-lost': 'thread-lost',
  undecodable: 'message-undecodable',
})

const REASONS: Readonly<Record<DeadLetterReason, (path: string) => string>> = Object.freeze({
  'actor-stopped': (path) => `${path} has stopped`,
  'mailbox-full': (path) => `the mailbox of ${path} is full`,
  'dropped-oldest': (path) => `the mailbox of ${path} was full and dropped this message for a newer one`,
  conflated: (path) => `a newer message with the same key took this one's place in the mailbox of ${path}`,
  expired: (path) => `the time of this message to ${path} ran out before its turn came`,
  cancelled: (path) => `this message to ${path} was cancelled`,
  failed: (path) => `${path} failed while it handled this message`,
  quarantined: (path) => `${path} failed too often with this message`,
  restarted: (path) => `${path} was restarted before it finished this message`,
  'thread-lost': (path) => `the thread of ${path} died with this message`,
  'unknown-handler': (path) => `${path} has no such handler`,
  undecodable: (path) => `this message to ${path} could not be decoded`,
})
