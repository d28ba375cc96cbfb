import {
  fail,
  forget,
  isComingBack,
  kill,
  notHandled,
  park,
  settleReady,
  startIncarnation,
  stop,
  whenReady,
} from './actor-life.ts'
import type { SendResult } from './actor-ref.ts'
import { PARKED, RUNNING, STARTING, STOPPED, STOPPING, type Stage } from './actor-stage.ts'
import { callHandler, type Handler, isThenable } from './call-handler.ts'
import { callDefaults, type ResolvedCallOptions } from './call-options.ts'
import { CellExtras } from './cell-extras.ts'
import type { Child } from './child.ts'
import { childPath } from './child-path.ts'
import type { DeadLetterReason } from './dead-letters.ts'
import type { CompiledDefinition } from './definition.ts'
import { ARRIVED, DEAD_LETTERED, HANDLED } from './directory.ts'
import { Envelope, INTERNAL, type InternalItem } from './envelope.ts'
import { ARGUMENTS_IN_ARRAY, type CallScope, messageArguments } from './facade.ts'
import { framesOf, leased, withoutFrame } from './frame.ts'
import { InFlight } from './in-flight.ts'
import type { Incarnation } from './incarnation.ts'
import type { Kernel } from './kernel.ts'
import { Mailbox, MESSAGE_BYTES } from './mailbox.ts'
import { bytesOf, isSmall } from './message-size.ts'
import { admitOverflow, takeOverflow } from './overflow.ts'
import type { ParentLink } from './parent-link.ts'
import { PendingAsk } from './pending-ask.ts'
import { AnyRef, type RefTarget } from './ref.ts'
import type { SeatWatch } from './remote/remote-watches.ts'
import { type ResolvedSpawnOptions, withoutPlainMessages } from './spawn-options.ts'
import { openLocalStream } from './stream-producer.ts'
import type { Backoff } from './supervision/backoff.ts'
import type { ChildPhase } from './supervision/child-list.ts'
import type { ExitReason } from './supervision/exit-reason.ts'
import { takeSpecial } from './take-special.ts'
import type { WindUp } from './wind-up.ts'

/** One actor: its mailbox, its current incarnation, its place in the tree. Internal; users hold a `LocalRef` to it. */
export class ActorCell implements RefTarget, Child {
  readonly kernel: Kernel
  readonly definition: CompiledDefinition
  readonly parent: ParentLink
  readonly name: string | undefined
  readonly slot: number
  readonly generation: number
  readonly options: ResolvedSpawnOptions
  readonly ref: AnyRef
  args: readonly unknown[]
  stage: Stage = STARTING
  /** Which start this is, counted from 0 before the first. What belongs to an earlier one is ignored. */
  incarnation = 0
  handlers: readonly Handler[]
  self: Incarnation | undefined = undefined
  mailbox: Mailbox = NO_MAILBOX
  /** Why it is stopping, while handlers finish their messages; or why it is parked. */
  stopReason: ExitReason | undefined = undefined
  /** Being stopped or wound up; undefined otherwise. */
  windUp: WindUp | undefined = undefined
  /** What mailbox and stash count for. */
  bytes = 0
  /** Messages that wait: the mailbox without internal items, and the stash. */
  queued = 0
  /** Handlers that are awaiting. */
  inFlight = 0
  isScheduled = false
  /** The envelope of the current message, if it has one. */
  current: Envelope | undefined = undefined
  /** What only some actors have: children, timers, watches, streams, a stash. An idle actor has none of it. */
  extras: CellExtras | undefined = undefined
  phase: ChildPhase = 'detached'
  order = 0
  previous: Child | null = null
  next: Child | null = null
  exitReason: ExitReason | null = null
  backoff: Backoff | null = null
  /** Where its counts are in `kernel.accounts`. */
  readonly account: number

  constructor(
    kernel: Kernel,
    definition: CompiledDefinition,
    args: readonly unknown[],
    options: ResolvedSpawnOptions,
    parent: ParentLink,
    name: string | undefined,
    slot: number,
  ) {
    this.kernel = kernel
    this.definition = definition
    this.handlers = definition.handlers
    this.args = args
    this.options = definition.sizeOf === undefined ? options : withoutPlainMessages(options)
    this.parent = parent
    this.name = name
    this.slot = slot
    this.generation = kernel.directory.generation(slot)
    this.account = kernel.directory.accountIndex(slot)
    this.ref = new AnyRef(this)
  }

  get path(): string {
    return childPath(this.parent.path, this.name, this.slot)
  }

  get handlerNames(): readonly string[] {
    return this.definition.handlerNames
  }

  get facades(): CompiledDefinition {
    return this.definition
  }

  /** The current message is to be put aside and not counted as handled. */
  get isStashing(): boolean {
    return this.extras?.isStashing === true
  }

  /** What a message is called in errors: `'add' of /counter`. */
  nameOf(code: number): string {
    return `'${this.handlerNames[code >> 2] ?? '?'}' of ${this.path}`
  }

  get hasRoom(): boolean {
    const { messagesMax, bytesMax } = this.options.mailbox
    return this.queued < messagesMax && this.bytes + MESSAGE_BYTES <= bytesMax
  }

  whenReady(): Promise<void> {
    return whenReady(this)
  }

  begin(): void {
    this.stage = STARTING
    if (this.isScheduled) return
    this.isScheduled = true
    this.kernel.schedule(this)
  }

  stop(reason: ExitReason): void {
    stop(this, reason)
  }

  kill(): void {
    kill(this)
  }

  park(reason: ExitReason): void {
    park(this, reason)
  }

  forget(reason: ExitReason): void {
    forget(this, reason)
    if (this.mailbox === NO_MAILBOX || this.mailbox.count > 0) return
    this.kernel.mailboxes.giveBack(this.mailbox)
    this.mailbox = NO_MAILBOX
  }

  /** The hot path of tell. `extra` is an envelope, or undefined for a plain message. */
  post(code: number, a: unknown, b: unknown, extra: Envelope | undefined): SendResult {
    const limits = this.options.mailbox
    const isPlain = extra === undefined && (code & 3) !== ARGUMENTS_IN_ARRAY && isSmall(a) && isSmall(b)
    if (!isPlain || this.queued >= limits.plainMax || this.bytes > limits.plainBytesMax || this.stage >= PARKED) {
      return this.#postSlowly(code, a, b, extra)
    }
    const mailbox = this.mailbox === NO_MAILBOX ? this.#needMailbox() : this.mailbox
    mailbox.push(code, a, b, undefined)
    this.queued++
    this.bytes += MESSAGE_BYTES
    this.kernel.accounts[this.account + ARRIVED]! += 1
    if (!this.isScheduled) this.schedule()
    return 'accepted'
  }

  #postSlowly(code: number, a: unknown, b: unknown, extra: Envelope | undefined): SendResult {
    if (this.stage >= PARKED && !isComingBack(this)) return this.#refuse('actor-stopped')
    const bytes = bytesOf(this, code, a, b)
    const limits = this.options.mailbox
    if (this.queued >= limits.messagesMax || this.bytes + bytes > limits.bytesMax || limits.isSpecial) {
      const result = takeOverflow(this, code, a, b, extra, bytes)
      if (result !== undefined) return result
    }
    this.enqueue(code, a, b, extra, bytes)
    return 'accepted'
  }

  postWith(code: number, a: unknown, b: unknown, options: ResolvedCallOptions): SendResult {
    const envelope = new Envelope()
    if (options.ttlMs !== Number.POSITIVE_INFINITY) envelope.expiresAtMs = this.kernel.clock.nowMs() + options.ttlMs
    envelope.key = options.key
    return this.post(code, a, b, envelope)
  }

  ask(
    code: number,
    a: unknown,
    b: unknown,
    options: ResolvedCallOptions = callDefaults,
    scope?: CallScope,
  ): Promise<unknown> {
    const ask = new PendingAsk(this.kernel, this, code, options, scope)
    if (!ask.isOpen) return ask.promise
    try {
      const result = this.post(code, a, b, ask)
      if (this.stage === PARKED) ask.reject(notHandled(this, 'actor-stopped'))
      else if (result !== 'accepted') ask.refuse(result)
    } catch (error) {
      ask.reject(error) // an argument that cannot be sent, or a frame whose time is over
    }
    return ask.promise
  }

  openStream(code: number, a: unknown, b: unknown, options = callDefaults): AsyncIterableIterator<unknown> {
    return openLocalStream(this, code, a, b, options)
  }

  /** A message from another thread: its arrival was counted, so what has no room is a dead letter. */
  admit(code: number, a: unknown, b: unknown, extra: Envelope | undefined): void {
    const { mailbox } = this
    const isPlain = extra === undefined && (code & 3) !== ARGUMENTS_IN_ARRAY && isSmall(a) && isSmall(b)
    const limits = this.options.mailbox
    const hasRoom = this.queued < limits.plainMax && this.bytes <= limits.plainBytesMax
    if (!isPlain || !hasRoom || mailbox === NO_MAILBOX || this.stage >= PARKED) {
      return this.#admitSlowly(code, a, b, extra)
    }
    mailbox.push(code, a, b, undefined)
    this.queued++
    this.bytes += MESSAGE_BYTES
    if (!this.isScheduled) this.schedule()
  }

  #admitSlowly(code: number, a: unknown, b: unknown, extra: Envelope | undefined): void {
    const frames = framesOf(code, a, b)
    if (frames !== undefined) {
      extra ??= this.newEnvelope()
      extra.frames = frames
    }
    if (this.stage >= PARKED && !isComingBack(this)) return this.deadLetter('actor-stopped', code, a, b, extra)
    if (extra !== undefined && extra.record >= 0 && extra.delivery > this.options.mailbox.deliveriesMax) {
      return this.deadLetter('quarantined', code, a, b, extra)
    }
    const bytes = bytesOf(this, code, a, b)
    const limits = this.options.mailbox
    if (this.queued >= limits.messagesMax || this.bytes + bytes > limits.bytesMax || limits.isSpecial) {
      admitOverflow(this, code, a, b, extra, bytes)
    } else this.put(code, a, b, extra, bytes)
  }

  /** Puts a message into the mailbox and its account. The limits were looked at before. */
  enqueue(code: number, a: unknown, b: unknown, extra: Envelope | undefined, bytes: number): void {
    if (isSmall(a) && isSmall(b) && (code & 3) !== ARGUMENTS_IN_ARRAY) this.put(code, a, b, extra, bytes)
    else this.#putLeased(code, a, b, extra, bytes)
    this.kernel.accounts[this.account + ARRIVED]! += 1
  }

  /** A frame in a message to this thread is the message's own, whatever its sender does with its lease. */
  #putLeased(code: number, a: unknown, b: unknown, extra: Envelope | undefined, bytes: number): void {
    const message = leased(code, a, b)
    if (message.frames.length === 0) return this.put(code, a, b, extra, bytes)
    const envelope = extra ?? this.newEnvelope()
    envelope.frames = message.frames
    this.put(code, message.a, message.b, envelope, bytes)
  }

  /** As `enqueue`, for a message whose arrival was counted already. */
  put(code: number, a: unknown, b: unknown, extra: Envelope | undefined, bytes: number): void {
    if (this.mailbox === NO_MAILBOX) this.#needMailbox()
    if (extra !== undefined) extra.bytes = bytes
    else if (bytes !== MESSAGE_BYTES) extra = Envelope.ofBytes(bytes)
    this.mailbox.push(code, a, b, extra)
    this.queued++
    this.bytes += bytes
    if (extra?.key !== undefined && this.options.mailbox.overflow === 'conflate') {
      this.more.needKeyed().set(extra.key, { place: extra, message: { code, a, b, extra } })
    }
    if (!this.isScheduled) this.schedule()
  }

  /** A signal or other internal work, in order behind what is queued. Exempt from limits and accounts. */
  enqueueInternal(item: InternalItem): void {
    if (this.mailbox === NO_MAILBOX) this.#needMailbox()
    this.mailbox.push(INTERNAL, item, undefined, undefined)
    if (!this.isScheduled) this.schedule()
  }

  /** Asks for a turn if there is something to do and nothing that prevents it. */
  schedule(): void {
    if (this.isScheduled || this.stage !== RUNNING || this.mailbox.count === 0) return
    if (this.inFlight >= this.definition.concurrency) return
    this.isScheduled = true
    this.kernel.schedule(this)
  }

  /** Handles `budget` messages, more if many wait; answers how many it did. Only the kernel's turn calls it. */
  run(budget: number): number {
    const { kernel, mailbox, definition } = this
    const { words, handlerIndex } = kernel.pulse
    if (this.stage === STARTING && this.self === undefined) {
      this.isScheduled = false
      words[handlerIndex] = -1
      startIncarnation(this)
      if ((this.stage as Stage) === STOPPING) kernel.afterRun(this) // its `start` said so
      return 1
    }
    let left = budget
    let done = 0
    while (mailbox.count > 0 && this.stage === RUNNING && this.inFlight < definition.concurrency) {
      if (left === 0) {
        // A long queue is worked off for as long as the turn lasts: its producers would only make it longer.
        if (mailbox.count < budget || !kernel.turns.hasTime) break
        kernel.turns.onBatch?.()
        left = budget
      }
      left--
      done++
      const { elements, offset } = mailbox
      const code = elements[offset] as number
      const a = elements[offset + 1]
      const b = elements[offset + 2]
      const extra = elements[offset + 3] as Envelope | undefined
      mailbox.drop()
      if (code === INTERNAL) {
        words[handlerIndex] = -1
        ;(a as InternalItem).run()
        continue
      }
      if (extra === undefined) {
        this.queued--
        this.bytes -= MESSAGE_BYTES
      } else if (!takeSpecial(this, code, a, b, extra)) continue
      words[handlerIndex] = code >> 2
      this.#handle(code, a, b, extra)
    }
    if (mailbox.count === 0 && kernel.mailboxes.isScarce && mailbox !== NO_MAILBOX) {
      this.mailbox = NO_MAILBOX
      kernel.mailboxes.giveBack(mailbox)
    }
    this.isScheduled = false
    if (this.inFlight === 0) this.current = undefined
    if (this.stage === STOPPING) kernel.afterRun(this)
    else if (this.stage === STARTING && this.self === undefined)
      this.begin() // failed, and was started again, in this run
    else this.schedule()
    this.tellRoom()
    return done
  }

  /** Sends to dead letters count too; see `overflow.ts`. */
  countArrived(): void {
    this.kernel.accounts[this.account + ARRIVED]! += 1
  }

  /** A message has left the mailbox. */
  countTaken(extra: Envelope | undefined): void {
    this.queued--
    this.bytes -= extra === undefined ? MESSAGE_BYTES : extra.bytes
  }

  newEnvelope(): Envelope {
    return Envelope.ofBytes(MESSAGE_BYTES)
  }

  addWatcher(watch: SeatWatch): void {
    if (this.stage === STOPPED) watch.notify({ kind: 'gone' })
    else this.more.needWatches().addWatcher(watch)
  }

  /** Puts what was stashed before all that is queued, in order. */
  unstash(): void {
    const stash = this.extras?.stash ?? []
    for (let message = stash.pop(); message !== undefined; message = stash.pop()) {
      this.countTaken(message.extra)
      this.giveBack(message.code, message.a, message.b, message.extra)
    }
    this.schedule()
  }

  /** One message was handled, or never will be: its account says so, and where it is kept it is let go of. */
  #settle(count: typeof HANDLED | typeof DEAD_LETTERED, extra: Envelope | undefined): void {
    const { accounts, retention } = this.kernel
    if (extra === undefined || extra.record < 0) accounts[this.account + count]! += 1
    else retention.settle(extra.record, accounts, this.account + count)
  }

  /** A message that was in the mailbox, the stash or a handler will not be handled. */
  deadLetter(
    reason: DeadLetterReason,
    code: number,
    a: unknown,
    b: unknown,
    extra: Envelope | undefined,
    error?: unknown,
  ) {
    // Adjacent plain stores: a thread that dies here has told the message either lost or dead-lettered, never both.
    this.#settle(DEAD_LETTERED, extra)
    this.kernel.deadLetter(
      reason,
      this.path,
      this.definition.handlerNames[code >> 2],
      messageArguments(code, a, b).map(withoutFrame),
      error,
    )
    if (extra === undefined) return
    extra.taken()
    extra.reply?.reject(error ?? notHandled(this, reason))
  }

  /** As a dead letter, but only counted. */
  drop(reason: DeadLetterReason, extra: Envelope | undefined): void {
    this.#settle(DEAD_LETTERED, extra)
    this.kernel.meters.add(`dead-letters-${reason}`, 1)
    extra?.taken()
    extra?.reply?.reject(notHandled(this, reason))
  }

  /** Puts the current message aside; it counts as queued again. */
  stash(code: number, a: unknown, b: unknown, extra: Envelope | undefined): void {
    this.more.isStashing = false
    this.more.stash.push({ code, a, b, extra })
    this.queued++
    this.bytes += extra === undefined ? MESSAGE_BYTES : extra.bytes
  }

  /** Puts a message back before all others; its arrival was counted before. */
  giveBack(code: number, a: unknown, b: unknown, extra: Envelope | undefined): void {
    if (this.mailbox === NO_MAILBOX) this.#needMailbox()
    this.mailbox.unshift(code, a, b, extra)
    this.queued++
    this.bytes += extra === undefined ? MESSAGE_BYTES : extra.bytes
  }

  get more(): CellExtras {
    this.extras ??= new CellExtras(this)
    return this.extras
  }

  #handle(code: number, a: unknown, b: unknown, extra: Envelope | undefined): void {
    if (this.current !== extra) this.current = extra
    let result: unknown
    let later: Promise<unknown> | undefined
    try {
      result = callHandler(this.handlers[code >> 2] as Handler, this.self, code, a, b)
      if (isThenable(result)) later = Promise.resolve(result) // somebody's `then` may throw already when it is read
    } catch (error) {
      this.kernel.releaseLooseFrames()
      fail(this, error, code, a, b, extra)
      return
    }
    if (later !== undefined) return new InFlight(this, code, a, b, extra).follow(later)
    if (this.kernel.looseFrames.length > 0) this.kernel.releaseLooseFrames()
    if (extra === undefined && !this.isStashing) this.kernel.accounts[this.account + HANDLED]! += 1
    else this.finish(code, a, b, extra, result)
  }

  /** A handler came to its end with `answer`. */
  finish(code: number, a: unknown, b: unknown, extra: Envelope | undefined, answer: unknown): void {
    if (this.isStashing) return this.stash(code, a, b, extra)
    this.#settle(HANDLED, extra)
    if (extra === undefined) return
    extra.taken()
    extra.reply?.resolve(answer)
  }

  /**
   * A message found no room: senders elsewhere are told before they send, until there is room again. Not for a message that
   * was too large while others would fit.
   */
  markFull(): void {
    if (this.extras?.isFull === true || this.hasRoom) return
    this.more.isFull = true
    this.kernel.directory.setFull(this.slot, true)
  }

  tellRoom(): void {
    if (this.extras === undefined || !this.extras.isFull || !this.hasRoom) return
    this.extras.isFull = false
    this.kernel.directory.setFull(this.slot, false)
    settleReady(this)
  }

  #needMailbox(): Mailbox {
    this.mailbox = this.kernel.mailboxes.take()
    return this.mailbox
  }

  #refuse(result: SendResult): SendResult {
    this.kernel.meters.add('refused', 1)
    return result
  }
}

/** Stands for the mailbox of an actor that never had a message: 100,000 idle actors need none. */
const NO_MAILBOX = new Mailbox()
