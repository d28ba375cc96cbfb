import type { SendResult } from 'troupe'

export interface ModelOptions {
  readonly messagesMax?: number
  readonly overflow?: 'reject' | 'drop-oldest' | 'drop-newest'
  readonly message?: 'drop' | 'retry' | 'quarantine'
  readonly retriesMax?: number
  readonly mailbox?: 'keep' | 'drop' | 'dead-letter'
  /** With backoff: restarts before it parks. */
  readonly restartsMax?: number
  readonly isTemporary?: boolean
  readonly isTransient?: boolean
}

export interface ModelMessage {
  readonly kind: 'note' | 'fail' | 'stashing' | 'unstash' | 'hold' | 'end'
  readonly text: string
  /** For an ask: what it ends with. */
  readonly answer?: { outcome: string | undefined }
  /** For a hold: until when. */
  readonly gate?: { isOpen: boolean }
  delivery?: number
  /** Nobody waits for it any more. */
  isUnwanted?: boolean
}

/** What one actor is to do, as lists and loops. Nothing happens before `settle`. */
export class ModelActor {
  readonly seen: string[] = []
  readonly deadLetters = new Map<string, number>()
  readonly #options: ModelOptions
  #queue: ModelMessage[] = []
  #stash: ModelMessage[] = []
  #state: 'running' | 'parked' | 'stopped' = 'running'
  #isStashing = false
  #held: ModelMessage | undefined
  #restarts = 0

  constructor(options: ModelOptions) {
    this.#options = options
  }

  get queuedCount(): number {
    return this.#queue.length + this.#stash.length + (this.#held === undefined ? 0 : 1)
  }

  post(message: ModelMessage): SendResult {
    if (this.#state !== 'running') return 'actor-stopped'
    const { messagesMax = Number.POSITIVE_INFINITY, overflow = 'reject' } = this.#options
    if (this.#queue.length + this.#stash.length >= messagesMax) {
      if (overflow === 'drop-newest') {
        this.#deadLetter('mailbox-full', message)
        return 'accepted'
      }
      const oldest = overflow === 'drop-oldest' && this.#stash.length < messagesMax ? this.#queue.shift() : undefined
      if (oldest === undefined) return 'mailbox-full'
      this.#deadLetter('dropped-oldest', oldest)
    }
    this.#queue.push(message)
    return 'accepted'
  }

  ask(message: ModelMessage): void {
    const result = this.post(message)
    if (result === 'accepted') return
    this.#answer(message, result === 'actor-stopped' && this.#state === 'parked' ? 'actor-parked' : result)
  }

  unpark(): boolean {
    if (this.#state !== 'parked') return false
    this.#state = 'running'
    this.#restarts = 0
    return true
  }

  settle(): void {
    for (;;) {
      if (this.#held !== undefined) {
        if (this.#held.gate?.isOpen !== true) return
        this.#held = undefined
      }
      if (this.#state !== 'running') return
      const message = this.#queue.shift()
      if (message === undefined) return
      this.#handle(message)
    }
  }

  #handle(message: ModelMessage): void {
    if (message.isUnwanted === true) return this.#deadLetter('cancelled', message)
    const { kind, text } = message
    if (this.#isStashing && (kind === 'note' || kind === 'fail')) {
      this.#stash.push(message)
      return
    }
    switch (kind) {
      case 'note':
        this.seen.push(text)
        return this.#answer(message, text)
      case 'fail':
        return this.#fail(message)
      case 'stashing':
        this.#isStashing = true
        return
      case 'unstash':
        this.#isStashing = false
        this.#queue.unshift(...this.#stash.splice(0))
        return
      case 'hold':
        this.#held = message
        return
      case 'end':
        if (this.#options.isTemporary === true || this.#options.isTransient === true) this.#stop()
        else this.#restart()
    }
  }

  #fail(message: ModelMessage): void {
    const { message: policy = 'drop', retriesMax = 0, mailbox = 'keep' } = this.#options
    if (mailbox !== 'keep') {
      for (const waiting of [...this.#stash.splice(0), ...this.#queue.splice(0)]) this.#deadLetter('restarted', waiting)
    }
    const delivery = message.delivery ?? 1
    if (policy === 'drop') this.#deadLetter('failed', message)
    else if (policy === 'quarantine' || delivery > retriesMax) this.#deadLetter('quarantined', message)
    else {
      message.delivery = delivery + 1
      this.#queue.unshift(message)
    }
    if (this.#options.isTemporary === true) this.#stop()
    else this.#restart()
  }

  #restart(): void {
    this.#isStashing = false
    if (this.#restarts++ < (this.#options.restartsMax ?? Number.POSITIVE_INFINITY)) return
    this.#state = 'parked'
    for (const message of [...this.#stash, ...this.#queue]) {
      if (message.answer === undefined) continue
      this.#answer(message, 'actor-parked')
      message.isUnwanted = true
    }
  }

  #stop(): void {
    this.#state = 'stopped'
    for (const message of [...this.#stash.splice(0), ...this.#queue.splice(0)])
      this.#deadLetter('actor-stopped', message)
  }

  #deadLetter(reason: string, message: ModelMessage): void {
    this.deadLetters.set(reason, (this.deadLetters.get(reason) ?? 0) + 1)
    const codes: Record<string, string> = { 'actor-stopped': 'actor-stopped', 'mailbox-full': 'mailbox-full' }
    this.#answer(message, codes[reason] ?? `message-${reason}`)
  }

  #answer({ answer }: ModelMessage, outcome: string): void {
    if (answer !== undefined) answer.outcome ??= outcome
  }
}
