import { ActorCell } from './actor-cell.ts'
import type { SendResult } from './actor-ref.ts'
import { callDefaults } from './call-options.ts'
import type { Copies } from './copies.ts'
import type { Envelope, ReplyPort } from './envelope.ts'
import { ARGUMENTS_IN_ARRAY, messageArguments } from './facade.ts'
import { PendingAsk } from './pending-ask.ts'
import type { StreamConsumer, StreamSink, StreamSource } from './stream-consumer.ts'
import { openLocalStream } from './stream-producer.ts'
import { unsendable } from './unsendable.ts'

/**
 * An actor in debug mode: what it is sent by its own thread, and what it answers, takes the way through bytes that it would
 * take between threads. What cannot be sent is refused, and nothing that is changed afterwards changes a message.
 */
export class CopyingCell extends ActorCell {
  override post(code: number, a: unknown, b: unknown, extra: Envelope | undefined): SendResult {
    const copies = this.kernel.copies as Copies
    const args = copies.message(messageArguments(code, a, b))
    if (extra instanceof PendingAsk) extra.reply = new CopyingReply(extra, this, code)
    if ((code & 3) === ARGUMENTS_IN_ARRAY) return super.post(code, args, undefined, extra)
    return super.post(code, args[0], args[1], extra)
  }

  override openStream(code: number, a: unknown, b: unknown, options = callDefaults): AsyncIterableIterator<unknown> {
    return openLocalStream(this, code, a, b, options, (consumer) => new CopyingSink(consumer, this, code))
  }
}

/** The way back for an ask: the answer is what it was when it was given. */
class CopyingReply implements ReplyPort {
  readonly #ask: PendingAsk
  readonly #cell: ActorCell
  readonly #code: number

  constructor(ask: PendingAsk, cell: ActorCell, code: number) {
    this.#ask = ask
    this.#cell = cell
    this.#code = code
  }

  get isOpen(): boolean {
    return this.#ask.isOpen
  }

  resolve(answer: unknown): void {
    let copy: unknown
    try {
      copy = copiesOf(this.#cell).value(answer, 'answer')
    } catch (error) {
      return this.reject(unsendable(error, this.#cell.nameOf(this.#code)))
    }
    this.#ask.resolve(copy)
  }

  reject(error: unknown): void {
    this.#ask.rejectFrom(this.#cell.kernel.seat, copiesOf(this.#cell).thrown(error))
  }
}

/** The items of a stream, each one copied. One that cannot be sent ends the stream. */
class CopyingSink implements StreamSink {
  /** To be told that nothing more is wanted. */
  source: StreamSource | undefined
  readonly #consumer: StreamConsumer
  readonly #cell: ActorCell
  readonly #code: number

  constructor(consumer: StreamConsumer, cell: ActorCell, code: number) {
    this.#consumer = consumer
    this.#cell = cell
    this.#code = code
  }

  push(item: unknown): void {
    let copy: unknown
    try {
      copy = copiesOf(this.#cell).value(item, 'item')
    } catch (error) {
      this.source?.cancel()
      return this.fail(unsendable(error, this.#cell.nameOf(this.#code)))
    }
    this.#consumer.push(copy)
  }

  end(): void {
    this.#consumer.end()
  }

  fail(error: unknown): void {
    const { seat } = this.#cell.kernel
    const where = `opened ${this.#cell.nameOf(this.#code)} on thread ${seat}, from thread ${seat}`
    this.#consumer.fail(copiesOf(this.#cell).thrown(error), where)
  }
}

function copiesOf(cell: ActorCell): Copies {
  return cell.kernel.copies as Copies
}
