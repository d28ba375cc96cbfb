import { UsageError } from 'troupe'
import { checkedOptions, type OptionRules } from '../connection/option-check.ts'
import { type MessagePriority, messagePriorities } from './bounded-queue.ts'
import { MESSAGE_ID_BYTES, MessageIds, messageIdBytes } from './message-id.ts'
import { type DeliveryResult, messageFlags, OutgoingMessage } from './outgoing-message.ts'
import type { ResultKind } from './session-host.ts'

/** What can be said of messages that are sent. */
export interface SendOptions {
  /** Low goes first when a queue is full. @default 'normal' */
  readonly priority?: MessagePriority
  /** Processed after all ordered ones sent before; false: as soon as it is there. @default true */
  readonly ordered?: boolean
  /** It is abandoned as `expired` after so long. Milliseconds, > 0, or `Infinity`. @default `ttlMs` of the session */
  readonly ttlMs?: number
}

export interface SendOneOptions extends SendOptions {
  /** A UUID. One that the receiver remembers as processed is acknowledged, and not processed again. @default a new one, version 7 */
  readonly id?: string
}

/** What became of messages that were sent together. */
export interface SendManyResult {
  readonly delivered: number
  /** The others, by their place. */
  readonly failed: readonly { readonly index: number; readonly result: DeliveryResult }[]
}

const defaults: Required<Omit<SendOneOptions, 'id' | 'ttlMs'>> & { id: string | undefined; ttlMs: number | undefined } =
  Object.freeze({ priority: 'normal', ordered: true, ttlMs: undefined, id: undefined })
const rules: OptionRules<SendOneOptions> = Object.freeze({
  priority: messagePriorities,
  ordered: [true, false],
  ttlMs: (value: unknown, name: string) => {
    if (value === undefined || (typeof value === 'number' && value > 0)) return
    throw new UsageError('invalid-option', `${name} must be a number above 0 ms, got ${String(value)}`)
  },
  id: (value: unknown) => void (value === undefined || messageIdBytes(value as string)),
})

const messageIds = new MessageIds()
const nextId = new Uint8Array(MESSAGE_ID_BYTES)

/** Messages that somebody wants to be sent, made one by one as the session takes them, and what became of them. */
export class MessageFeed {
  readonly #payloads: readonly Uint8Array[]
  readonly #id: Uint8Array | undefined
  readonly #flags: number
  readonly #expiresMs: number
  readonly #failed: { readonly index: number; readonly result: DeliveryResult }[] = []
  readonly #resolve: (feed: MessageFeed) => void
  #taken = 0
  #left: number
  /** Of a feed of one message. */
  #last: DeliveryResult | undefined
  #waiting: OutgoingMessage | undefined

  /**
   * Throws `UsageError` for options that are unknown or out of range, and for payloads that are no bytes.
   * @param resolve called once, when the results of all are known
   */
  constructor(
    payloads: readonly Uint8Array[],
    options: SendOneOptions,
    ttlMs: number,
    nowMs: number,
    resolve: (feed: MessageFeed) => void,
  ) {
    const {
      priority,
      ordered,
      id,
      ttlMs: given,
    } = checkedOptions<SendOneOptions>('send', options, defaults as never, rules)
    for (const payload of payloads) {
      if (payload instanceof Uint8Array) continue
      throw new UsageError('invalid-value', `send: a payload must be a Uint8Array, got ${typeof payload}`)
    }
    this.#payloads = payloads
    this.#id = id === undefined ? undefined : messageIdBytes(id)
    this.#flags = messageFlags(ordered, priority)
    this.#expiresMs = nowMs + ((given as number | undefined) ?? ttlMs)
    this.#left = payloads.length
    this.#resolve = resolve
  }

  get isMany(): boolean {
    return this.#payloads.length > 1
  }

  /** The next message; the same again until `taken`. */
  next(): OutgoingMessage | undefined {
    if (this.#waiting !== undefined) return this.#waiting
    const payload = this.#payloads[this.#taken]
    if (payload === undefined) return undefined
    if (this.#id === undefined) messageIds.write(nextId)
    this.#waiting = new OutgoingMessage(this.#id ?? nextId, payload, this.#flags, this, this.#expiresMs)
    this.#waiting.index = this.#taken
    return this.#waiting
  }

  /** Something was decided about it: the next one, please. */
  taken(): void {
    this.#waiting = undefined
    this.#taken++
  }

  finished(message: OutgoingMessage, kind: ResultKind, reason: string): void {
    if (this.#payloads.length === 1) this.#last = resultOf(message, kind, reason)
    else if (kind !== 'delivered') this.#failed.push({ index: message.index, result: resultOf(message, kind, reason) })
    if (--this.#left === 0) this.#resolve(this)
  }

  /** After this what was not taken is given up. Milliseconds. */
  get expiresMs(): number {
    return this.#expiresMs
  }

  get result(): DeliveryResult {
    return this.#last as DeliveryResult
  }

  get results(): SendManyResult {
    const { length } = this.#payloads
    if (length !== 1 || this.#last === undefined)
      return { delivered: length - this.#failed.length, failed: this.#failed }
    return this.#last.kind === 'delivered'
      ? { delivered: 1, failed: [] }
      : { delivered: 0, failed: [{ index: 0, result: this.#last }] }
  }
}

export function resultOf(message: OutgoingMessage, kind: ResultKind, reason: string): DeliveryResult {
  const { idText: id, attempts } = message
  return (
    kind === 'rejected' || kind === 'abandoned' ? { kind, id, reason, attempts } : { kind, id, attempts }
  ) as DeliveryResult
}

/** Of what could not even become a message. */
export function refusalOf(error: unknown): DeliveryResult {
  if (!(error instanceof UsageError)) throw error
  return { kind: 'rejected', id: '', reason: error.message, attempts: 0 }
}

/** Where payloads are no array, the answer to all of them; a handler that throws would fail the session. */
export function refusalOfNoArray(payloads: unknown): Promise<SendManyResult> | undefined {
  if (Array.isArray(payloads)) return undefined
  const got = payloads instanceof Uint8Array ? 'one Uint8Array: send takes that' : typeof payloads
  const reason = `sendMany: payloads must be an array of Uint8Array, got ${got}`
  return Promise.resolve({
    delivered: 0,
    failed: [{ index: 0, result: { kind: 'rejected', id: '', reason, attempts: 0 } }],
  })
}
