import { CapacityError, ProtocolError } from 'troupe'
import { encodeFrame, type Framing } from '../connection/framing.ts'
import type { Link } from '../connection/link.ts'
import { brokerDataOffset, brokerTopic, brokerTypes, turnIntoDeliver } from './broker-header.ts'
import { BrokerCodec, type BrokerMessage } from './broker-message.ts'
import type { ResolvedBrokerOptions } from './broker-options.ts'
import type { TopicCounts, TopicStatistics } from './topic.ts'
import { TOPIC_BYTES_MAX } from './topic-name.ts'
import { TopicTable } from './topic-table.ts'

/** What a broker has done since it was started, and what it holds. */
export interface BrokerStatistics {
  /** Open now. */
  readonly connections: number
  readonly topics: readonly TopicStatistics[]
  /** Of all topics, with those that are gone. */
  readonly totals: TopicCounts
  /** Subscribers that were disconnected because they were too slow. */
  readonly disconnectedCount: number
}

/** One connection of a broker. */
export interface BrokerMember {
  /** What the topic table calls it. */
  readonly id: number
  readonly link: Link
  /** It has sent what is no message: the rest of it is not looked at. */
  isBroken: boolean
  isRefillDue: boolean
  /** Called when there is room on its link, or the link is closed. */
  readonly waiting: (() => void)[]
}

/** Largest header of a message, with the longest topic. Bytes. */
const HEADER_BYTES_MAX = 3 + TOPIC_BYTES_MAX
/** From this length on, a message for several is framed once, and shared; a shorter one is faster copied into what each of them gets. */
const SHARED_BYTES_MIN = 16_384

const codec = new BrokerCodec()

/**
 * The heart of a broker: the topics and the links of all its connections, on one thread, so that a message goes from the link it came
 * on to those that it is for within one turn, as the bytes that it was.
 */
export class BrokerHub {
  readonly #table: TopicTable<Uint8Array>
  readonly #members = new Map<number, BrokerMember>()
  /** Messages that are for several are framed by it. */
  readonly #framing: Framing
  /** Publishers that wait for room, in a queue or at a subscriber. */
  readonly #blocked = new Set<() => void>()
  #lastId = 0
  #disconnectedCount = 0
  #isClosing = false

  constructor(options: ResolvedBrokerOptions, framing: Framing) {
    this.#framing = framing
    this.#table = new TopicTable<Uint8Array>(options, {
      hasRoom: (id, dataBytes) => this.#members.get(id)!.link.hasRoom(dataBytes + HEADER_BYTES_MAX),
      keep: copyToDeliver,
      drop: () => {},
    })
  }

  join(link: Link): BrokerMember {
    const member: BrokerMember = { id: ++this.#lastId, link, isBroken: false, isRefillDue: false, waiting: [] }
    this.#members.set(member.id, member)
    link.onRoom = () => this.#onRoom(member)
    return member
  }

  /** Its connection is over; may be called again. */
  leave(member: BrokerMember): void {
    if (!this.#members.delete(member.id)) return
    member.link.onRoom = undefined
    this.#table.remove(member.id)
    wake(member.waiting)
    this.#unblock()
  }

  /**
   * One message of a client; its bytes are lent for the call. Answers a promise while the client must not send more. What is no
   * message closes its connection.
   */
  take(member: BrokerMember, message: Uint8Array): Promise<void> | undefined {
    if (member.isBroken) return undefined
    try {
      return message[0] === brokerTypes.publish ? this.#publish(member, message) : this.#command(member, message)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      member.isBroken = true
      member.link.destroy(error)
      return undefined
    }
  }

  /** Other options, from now on. Throws as `TopicTable.configure` does. */
  configure(options: ResolvedBrokerOptions): void {
    this.#table.configure(options)
    this.#unblock()
  }

  /** No publisher waits any more: what there is no room for is dropped. */
  close(): void {
    this.#isClosing = true
    this.#unblock()
  }

  get statistics(): BrokerStatistics {
    const { statistics, totals } = this.#table
    return { connections: this.#members.size, topics: statistics, totals, disconnectedCount: this.#disconnectedCount }
  }

  statisticsOf(topic: string): TopicStatistics | undefined {
    return this.#table.statisticsOf(topic)
  }

  #publish(member: BrokerMember, message: Uint8Array): Promise<void> | undefined {
    const topic = brokerTopic(message)
    const dataBytes = message.length - brokerDataOffset(message)
    const { outcome, subscribers } = this.#table.route(topic, message, dataBytes)
    switch (outcome) {
      case 'deliver':
        turnIntoDeliver(message)
        this.#deliver(topic, message, subscribers)
        return undefined
      case 'refused':
        return this.#reply(member, { kind: 'publish-rejected', topic, error: this.#table.refusal(topic, dataBytes) })
      case 'full':
        return this.#publishLater(member, new Uint8Array(message))
      default:
        return undefined
    }
  }

  #deliver(topic: string, message: Uint8Array, subscribers: readonly number[]): void {
    const isShared = subscribers.length > 1 && message.length >= SHARED_BYTES_MIN
    const framed = isShared ? encodeFrame(this.#framing, message) : undefined
    for (const id of subscribers) {
      const { link } = this.#members.get(id)!
      const result = framed === undefined ? link.send(message) : link.sendFramed(framed)
      if (result !== 'accepted') this.#missed(topic, link)
    }
  }

  #missed(topic: string, link: Link): void {
    this.#table.missed(topic)
    if (!link.isOpen || this.#table.limitsOf(topic)?.slowSubscriber !== 'disconnect') return
    this.#disconnectedCount++
    const text = `the subscriber is too slow for topic '${topic}': ${link.queuedBytes} bytes wait to be sent`
    link.destroy(new CapacityError('buffer-overflow', text))
  }

  /** Tries again whenever there may be room, while the client is there. */
  async #publishLater(member: BrokerMember, message: Uint8Array): Promise<void> {
    const topic = brokerTopic(message)
    const dataBytes = message.length - brokerDataOffset(message)
    while (member.link.isOpen && !this.#isClosing) {
      await this.#somethingMoved(member)
      const { outcome, subscribers } = this.#table.route(topic, message, dataBytes)
      if (outcome === 'full') continue
      if (outcome === 'deliver') {
        turnIntoDeliver(message)
        this.#deliver(topic, message, subscribers)
      }
      return
    }
  }

  #somethingMoved(member: BrokerMember): Promise<void> {
    return new Promise((resolve) => {
      this.#blocked.add(resolve)
      member.waiting.push(resolve)
    })
  }

  #unblock(): void {
    if (this.#blocked.size === 0) return
    const blocked = [...this.#blocked]
    this.#blocked.clear()
    wake(blocked)
  }

  #command(member: BrokerMember, bytes: Uint8Array): Promise<void> | undefined {
    const message = codec.decode(bytes)
    const { kind, topic } = message
    switch (kind) {
      case 'subscribe': {
        const error = this.#table.subscribe(topic, member.id)
        const replied = this.#reply(member, { kind: 'subscribe-ack', topic, ...(error !== undefined && { error }) })
        this.#refill(member)
        this.#unblock()
        return replied
      }
      case 'unsubscribe':
        this.#table.unsubscribe(topic, member.id)
        this.#unblock()
        return this.#reply(member, { kind: 'unsubscribe-ack', topic })
      default:
        throw new ProtocolError('unexpected-message', `a broker was sent a message of kind '${kind}'`)
    }
  }

  /** Answers must not be lost: a client that does not read them is not read either. */
  #reply(member: BrokerMember, message: BrokerMessage): Promise<void> | undefined {
    return member.link.sendValue(codec, message) === 'queue-full' ? this.#replyLater(member, message) : undefined
  }

  async #replyLater(member: BrokerMember, message: BrokerMessage): Promise<void> {
    do await new Promise<void>((resolve) => member.waiting.push(resolve))
    while (member.link.sendValue(codec, message) === 'queue-full')
  }

  /** From within `send` perhaps, while the table is being asked: everything else comes later. */
  #onRoom(member: BrokerMember): void {
    if (member.isRefillDue) return
    member.isRefillDue = true
    queueMicrotask(() => {
      member.isRefillDue = false
      wake(member.waiting)
      this.#refill(member)
      this.#unblock()
    })
  }

  /** What waits in its queues is its. */
  #refill({ id, link }: BrokerMember): void {
    this.#table.deliverBuffered(id, (message) => void link.send(message))
  }
}

/** Of the brokers on this thread, by key: how a connection finds the one that it belongs to. */
export const brokerHubs = new Map<string, BrokerHub>()

function copyToDeliver(message: Uint8Array): Uint8Array {
  const copy = new Uint8Array(message)
  copy[0] = brokerTypes.deliver
  return copy
}

function wake(waiting: (() => void)[]): void {
  for (const go of waiting.splice(0)) go()
}
