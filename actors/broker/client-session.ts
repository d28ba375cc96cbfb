import { ProtocolError, type TroupeError } from 'troupe'
import type { Link } from '../connection/link.ts'
import { brokerDataOffset, brokerTopic, brokerTypes } from './broker-header.ts'
import { BrokerCodec, type BrokerRefusal } from './broker-message.ts'
import type { BrokerOutlet } from './broker-outlet.ts'
import { copyOf } from './copy-slab.ts'
import { type Outgoing, publishCodec } from './publish-codec.ts'
import { encodeTopic } from './topic-name.ts'

/** What a client has done since it was started. Counts. */
export interface BrokerClientStatistics {
  readonly isConnected: boolean
  /** Connections made so far. */
  readonly connectedCount: number
  readonly publishedMessages: number
  /** Handed on to subscribers; once, for however many of a topic. */
  readonly deliveredMessages: number
  /** Came for a topic that nobody here listens to any more. */
  readonly strayMessages: number
  /** The broker refused them. */
  readonly rejectedMessages: number
  /** Of topics that are subscribed to, or will be when there is a connection. */
  readonly subscriptions: number
}

/** What a session tells its client. */
export interface ClientSessionEvents {
  /** The broker refused what was published. */
  rejected(topic: string, why: BrokerRefusal): void
  /** The broker took it the last time, and refuses it after a break. */
  lost(topic: string, why: BrokerRefusal): void
}

type Answered = (refusal: BrokerRefusal | undefined) => void

interface Subscription {
  readonly outlets: BrokerOutlet[]
  /** Also while no outlet is there. */
  isHeld: boolean
  isConfirmed: boolean
  readonly answered: Answered[]
}

/** What was asked, in the order in which the broker answers. */
interface Question {
  readonly kind: 'subscribe-ack' | 'unsubscribe-ack'
  readonly topic: string
  readonly answered?: (() => void) | undefined
}

interface Waiting {
  readonly topic: Uint8Array
  readonly data: Uint8Array
  readonly resolve: (refusal: BrokerRefusal | undefined) => void
}

/** Names whose bytes are remembered. Count. */
const TOPICS_KEPT = 1_024

const codec = new BrokerCodec()
const nothing = new Uint8Array(0)

/**
 * What a client wants of a broker, beyond the life of its connections: shared by the client and the actor of its connection, which live on
 * one thread. Each new connection is asked for all topics again.
 */
export class ClientSession {
  readonly #events: ClientSessionEvents
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #topics = new Map<string, Uint8Array>()
  readonly #outgoing: Outgoing = { topic: nothing, data: nothing }
  #link: Link | undefined
  readonly #questions: Question[] = []
  /** Questions for which the link had no room. */
  readonly #unsent: Uint8Array[] = []
  #isSending = false
  /** What could not be sent so far, in order. */
  readonly #waiting: Waiting[] = []
  readonly #counts = { connected: 0, published: 0, delivered: 0, stray: 0, rejected: 0 }

  constructor(events: ClientSessionEvents) {
    this.#events = events
  }

  get statistics(): BrokerClientStatistics {
    const { connected, published, delivered, stray, rejected } = this.#counts
    return {
      isConnected: this.#link?.isOpen === true,
      connectedCount: connected,
      publishedMessages: published,
      deliveredMessages: delivered,
      strayMessages: stray,
      rejectedMessages: rejected,
      subscriptions: this.#subscriptions.size,
    }
  }

  connected(link: Link): void {
    this.#link = link
    this.#counts.connected++
    link.onRoom = () => this.#sendWaiting()
    for (const [topic, subscription] of this.#subscriptions) this.#ask('subscribe', topic, subscription)
    this.#sendWaiting()
  }

  disconnected(link: Link): void {
    link.onRoom = undefined
    if (link !== this.#link) return
    this.#link = undefined
    this.#unsent.length = 0
    // A connection that is gone has unsubscribed from everything.
    for (const { answered } of this.#questions.splice(0)) answered?.()
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const { resolve } of this.#waiting.splice(0))
      resolve({ code: 'connection-closed', text: 'the client has ended' })
    for (const { answered } of this.#subscriptions.values()) for (const answer of answered.splice(0)) answer(undefined)
  }

  /** Answers a promise while it has to wait, for a connection or for room; of the refusal, for what no message can carry. */
  publish(topic: string, data: Uint8Array): Promise<BrokerRefusal | undefined> | BrokerRefusal | undefined {
    try {
      const bytes = this.#bytesOf(topic)
      if (this.#waiting.length === 0 && this.#sent(bytes, data)) return undefined
      return new Promise((resolve) => this.#waiting.push({ topic: bytes, data, resolve }))
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** Resolves when the broker has answered, be it after a break. */
  async subscribe(topic: string, outlet: BrokerOutlet | undefined): Promise<BrokerRefusal | undefined> {
    try {
      this.#bytesOf(topic)
    } catch (error) {
      return refusalOf(error)
    }
    const existing = this.#subscriptions.get(topic)
    const subscription = existing ?? { outlets: [], isHeld: false, isConfirmed: false, answered: [] }
    const isKnown = outlet === undefined || subscription.outlets.some((other) => other.isSame(outlet))
    if (outlet === undefined) subscription.isHeld = true
    if (!isKnown) subscription.outlets.push(outlet)
    if (subscription.isConfirmed) return undefined
    this.#subscriptions.set(topic, subscription)
    if (existing === undefined) this.#ask('subscribe', topic, subscription)
    return new Promise((resolve) => subscription.answered.push(resolve))
  }

  /** Resolves when nothing of this topic follows. */
  async unsubscribe(topic: string): Promise<void> {
    const subscription = this.#subscriptions.get(topic)
    if (subscription === undefined) return
    this.#subscriptions.delete(topic)
    for (const answered of subscription.answered) answered(undefined)
    if (this.#link !== undefined) await new Promise<void>((resolve) => this.#ask('unsubscribe', topic, resolve))
  }

  /** One of them listens no more; the last one unsubscribes. */
  leave(topic: string, outlet: BrokerOutlet): void {
    const subscription = this.#subscriptions.get(topic)
    const index = subscription?.outlets.findIndex((other) => other.isSame(outlet)) ?? -1
    if (subscription === undefined || index < 0) return
    subscription.outlets.splice(index, 1)
    if (subscription.outlets.length === 0 && !subscription.isHeld) void this.unsubscribe(topic)
  }

  /** One message of the broker. Answers a promise while those who get it can take no more. */
  take(message: Uint8Array): Promise<unknown> | undefined {
    return message[0] === brokerTypes.deliver ? this.#deliver(message) : this.#answer(message)
  }

  #deliver(message: Uint8Array): Promise<unknown> | undefined {
    const topic = brokerTopic(message)
    const outlets = this.#subscriptions.get(topic)?.outlets
    if (outlets === undefined || outlets.length === 0) {
      this.#counts.stray++
      return undefined
    }
    this.#counts.delivered++
    const data = copyOf(message, brokerDataOffset(message))
    if (outlets.length === 1) return outlets[0]!.offer(topic, data)
    const offers = outlets.slice().map((outlet) => outlet.offer(topic, data))
    const waits = offers.filter((offer) => offer !== undefined)
    return waits.length > 0 ? Promise.all(waits) : undefined
  }

  #answer(bytes: Uint8Array): undefined {
    const message = codec.decode(bytes)
    const { kind, topic } = message
    if (kind === 'publish-rejected') {
      this.#counts.rejected++
      this.#events.rejected(topic, message.error)
      return
    }
    const question = this.#questions.shift()
    if (question?.kind !== kind || question.topic !== topic) {
      throw new ProtocolError(
        'unexpected-message',
        `a client was sent a message of kind '${kind}' for topic '${topic}'`,
      )
    }
    if (kind === 'unsubscribe-ack') question.answered?.()
    else if (kind === 'subscribe-ack') this.#subscribed(topic, message.error)
  }

  #subscribed(topic: string, refusal: BrokerRefusal | undefined): void {
    const subscription = this.#subscriptions.get(topic)
    if (subscription === undefined) return // given up meanwhile
    if (refusal !== undefined) {
      this.#subscriptions.delete(topic)
      if (subscription.isConfirmed) this.#events.lost(topic, refusal)
    }
    subscription.isConfirmed = true
    for (const answered of subscription.answered.splice(0)) answered(refusal)
  }

  #ask(kind: 'subscribe', topic: string, subscription: Subscription): void
  #ask(kind: 'unsubscribe', topic: string, answered: () => void): void
  #ask(kind: 'subscribe' | 'unsubscribe', topic: string, asker: Subscription | (() => void)): void {
    const link = this.#link
    if (link === undefined) return
    const answered = typeof asker === 'function' ? asker : undefined
    this.#questions.push({ kind: `${kind}-ack`, topic, answered })
    this.#unsent.push(codec.encode({ kind, topic }))
    this.#sendUnsent(link)
  }

  #sendUnsent(link: Link): void {
    while (this.#unsent.length > 0 && link.send(this.#unsent[0]!) === 'accepted') this.#unsent.shift()
  }

  #sent(topic: Uint8Array, data: Uint8Array): boolean {
    const link = this.#link
    if (link === undefined) return false
    this.#outgoing.topic = topic
    this.#outgoing.data = data
    const isSent = link.sendValue(publishCodec, this.#outgoing) === 'accepted'
    if (isSent) this.#counts.published++
    return isSent
  }

  /** Not again from within: what is sent may make room. */
  #sendWaiting(): void {
    const link = this.#link
    if (this.#isSending || link === undefined) return
    this.#isSending = true
    this.#sendUnsent(link)
    let sent = 0
    for (const { topic, data, resolve } of this.#waiting) {
      try {
        if (!this.#sent(topic, data)) break
        resolve(undefined)
      } catch (error) {
        resolve(refusalOf(error))
      }
      sent++
    }
    this.#waiting.splice(0, sent)
    this.#isSending = false
  }

  #bytesOf(topic: string): Uint8Array {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    const bytes = encodeTopic(topic)
    if (this.#topics.size === TOPICS_KEPT) this.#topics.clear()
    this.#topics.set(topic, bytes)
    return bytes
  }
}

/** Of the clients on this thread, by key: how a connection finds the one that it belongs to. */
export const clientSessions = new Map<string, ClientSession>()

function refusalOf(error: unknown): BrokerRefusal {
  const { code, message } = error as TroupeError
  if (code === undefined) throw error
  return { code, text: message }
}
