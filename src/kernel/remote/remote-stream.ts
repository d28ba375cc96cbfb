import type { ActorCell } from '../actor-cell.ts'
import type { SendResult } from '../actor-ref.ts'
import type { ResolvedCallOptions } from '../call-options.ts'
import { actorStopped } from '../pending-ask.ts'
import { StreamConsumer, type StreamSink, type StreamSource } from '../stream-consumer.ts'
import { endOnAbort } from '../stream-producer.ts'
import { unsendable } from '../unsendable.ts'
import type { Remote } from './remote.ts'
import type { RemoteTarget } from './remote-target.ts'

/** Carries the items of a stream to the thread that reads it. */
export class RemoteSink implements StreamSink {
  readonly #cell: ActorCell
  readonly #code: number
  readonly #seat: number
  readonly #correlation: number

  /** `code`: of the message by which the stream of `cell` was opened. */
  constructor(cell: ActorCell, code: number, seat: number, correlation: number) {
    this.#cell = cell
    this.#code = code
    this.#seat = seat
    this.#correlation = correlation
  }

  push(value: unknown): void {
    try {
      this.#remote.signal(this.#seat, { kind: 'item', correlation: this.#correlation, value })
    } catch (error) {
      // An item that cannot be sent ends the stream, for both sides.
      this.#remote.replyOf(this.#seat, this.#correlation)?.cancel()
      this.fail(unsendable(error, this.#cell.nameOf(this.#code)))
    }
  }

  end(): void {
    this.#remote.closeReply(this.#seat, this.#correlation)
    this.#remote.signal(this.#seat, { kind: 'end', correlation: this.#correlation })
  }

  fail(error: unknown): void {
    this.#remote.closeReply(this.#seat, this.#correlation)
    this.#remote.signal(this.#seat, { kind: 'refusal', correlation: this.#correlation, error })
  }

  get #remote(): Remote {
    return this.#cell.kernel.remote
  }
}

/** Carries credit to the thread that produces. */
class RemoteSource implements StreamSource {
  readonly #target: RemoteTarget
  readonly #correlation: number

  constructor(target: RemoteTarget, correlation: number) {
    this.#target = target
    this.#correlation = correlation
  }

  request(items: number): void {
    this.#target.kernel.remote.signal(this.#target.seat, { kind: 'credit', correlation: this.#correlation, items })
  }

  cancel(): void {
    this.#target.kernel.remote.closeCall(this.#correlation)
    this.#target.kernel.remote.signal(this.#target.seat, { kind: 'cancel', correlation: this.#correlation })
  }
}

export function openRemoteStream(
  target: RemoteTarget,
  code: number,
  a: unknown,
  b: unknown,
  options: ResolvedCallOptions,
): AsyncIterableIterator<unknown> {
  const { remote } = target.kernel
  return new StreamConsumer(options.window, (consumer) => {
    const handler = target.handlerNames[code >> 2] ?? '?'
    const origin = `opened '${handler}' of ${target.path}`
    const correlation = remote.openCall({ seat: target.seat, consumer, origin })
    const source = new RemoteSource(target, correlation)
    const terms = {
      correlation,
      credit: options.window,
      deadlineMs: Number.POSITIVE_INFINITY,
      expiresAtMs: Number.POSITIVE_INFINITY,
      chain: [],
      key: undefined,
    }
    let result: SendResult
    try {
      result = remote.send(target, code, a, b, terms)
    } catch (error) {
      remote.closeCall(correlation)
      consumer.fail(error)
      return source
    }
    if (result === 'accepted') remote.wasSent(correlation)
    else remote.closeCall(correlation)
    if (result !== 'accepted') consumer.fail(actorStopped(target.path, result))
    if (options.signal !== undefined) endOnAbort(options.signal, consumer, source)
    return source
  })
}
