import { ActorCell } from './actor-cell.ts'
import type { SendResult } from './actor-ref.ts'
import { callDefaults, type ResolvedCallOptions } from './call-options.ts'
import type { Envelope } from './envelope.ts'
import { ARGUMENTS_IN_ARRAY, type CallScope, messageArguments } from './facade.ts'
import { isFrame } from './frame.ts'
import type { StreamConsumer, StreamSink, StreamSource } from './stream-consumer.ts'
import { openLocalStream } from './stream-producer.ts'

/**
 * An actor in debug mode: what it is sent by its own thread, and what it answers, takes the way through bytes that it would
 * take between threads. What cannot be sent is refused, and nothing that is changed afterwards changes a message.
 */
export class CopyingCell extends ActorCell {
  override post(code: number, a: unknown, b: unknown, extra: Envelope | undefined): SendResult {
    const args = messageArguments(code, a, b).map((argument) => this.#copyOf(argument))
    if ((code & 3) === ARGUMENTS_IN_ARRAY) return super.post(code, args, undefined, extra)
    return super.post(code, args[0], args[1], extra)
  }

  override async ask(
    code: number,
    a: unknown,
    b: unknown,
    options: ResolvedCallOptions = callDefaults,
    scope?: CallScope,
  ): Promise<unknown> {
    let answer: unknown
    for (const argument of messageArguments(code, a, b)) this.#copyOf(argument) // refused before anything waits for it
    try {
      answer = await super.ask(code, a, b, options, scope)
    } catch (error) {
      throw this.#copyOf(error)
    }
    return this.#copyOf(answer)
  }

  override openStream(code: number, a: unknown, b: unknown, options = callDefaults): AsyncIterableIterator<unknown> {
    const copyOf = (value: unknown): unknown => this.#copyOf(value)
    return openLocalStream(this, code, a, b, options, (consumer) => new CopyingSink(consumer, copyOf))
  }

  /** Frames are shared between threads too. */
  #copyOf(value: unknown): unknown {
    if (isFrame(value)) return value
    return (this.kernel.copyArguments as (args: readonly unknown[]) => unknown[])([value])[0]
  }
}

/** The items of a stream, each one copied. One that cannot be sent ends the stream. */
class CopyingSink implements StreamSink {
  /** To be told that nothing more is wanted. */
  source: StreamSource | undefined
  readonly #consumer: StreamConsumer
  readonly #copyOf: (value: unknown) => unknown

  constructor(consumer: StreamConsumer, copyOf: (value: unknown) => unknown) {
    this.#consumer = consumer
    this.#copyOf = copyOf
  }

  push(item: unknown): void {
    let copy: unknown
    try {
      copy = this.#copyOf(item)
    } catch (error) {
      this.source?.cancel()
      return this.#consumer.fail(error)
    }
    this.#consumer.push(copy)
  }

  end(): void {
    this.#consumer.end()
  }

  fail(error: unknown): void {
    this.#consumer.fail(this.#copyOf(error))
  }
}
