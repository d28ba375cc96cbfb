import { CapacityError, UsageError } from '../base/errors.ts'
import type { ActorCell } from './actor-cell.ts'
import { continueStop, crash } from './actor-life.ts'
import type { SendResult } from './actor-ref.ts'
import { STOPPING } from './actor-stage.ts'
import type { ResolvedCallOptions } from './call-options.ts'
import { Envelope, type InternalItem, type ReplyPort } from './envelope.ts'
import type { Incarnation } from './incarnation.ts'
import { actorStopped } from './pending-ask.ts'
import { StreamConsumer, type StreamSink, type StreamSource } from './stream-consumer.ts'

type Generator_ = AsyncGenerator<unknown, unknown, unknown>

/**
 * The writing end of a stream: pulls one item a turn out of the handler's generator while there is credit, so that other
 * messages are handled between two items.
 */
export class StreamProducer implements InternalItem, StreamSource {
  readonly #cell: ActorCell
  readonly #self: Incarnation | undefined
  readonly #generator: Generator_
  readonly #sink: StreamSink
  #credit: number
  #isQueued = false
  #isPulling = false
  #isCancelled = false
  #isOver = false

  constructor(cell: ActorCell, generator: Generator_, sink: StreamSink, credit: number) {
    this.#cell = cell
    this.#self = cell.self
    this.#generator = generator
    this.#sink = sink
    this.#credit = credit
    cell.more.streams.add(this)
    cell.kernel.directory.setInvolved(cell.slot)
    this.#queue()
  }

  request(items: number): void {
    this.#credit += items
    this.#queue()
  }

  cancel(): void {
    this.#isCancelled = true
    // A generator of one's own can end what it waits for; one of the language takes this up after its next item.
    if (this.#isPulling) this.#generator.return(undefined).catch(() => {})
    this.#queue()
  }

  /** The incarnation is over. The generator's `finally` runs, but no longer as part of an actor. */
  abandon(error: unknown): void {
    if (this.#isOver) return
    this.#leave()
    this.#sink.fail(error)
    this.#generator.return(undefined).catch(() => {})
  }

  /** One turn: the next item, or the end. */
  run(): void {
    this.#isQueued = false
    if (this.#isOver || this.#cell.self !== this.#self) return
    this.#isPulling = true
    this.#cell.inFlight++
    const step = this.#isCancelled ? this.#generator.return(undefined) : this.#generator.next()
    step.then(
      (result) => this.#onStep(result),
      (error) => this.#onError(error),
    )
  }

  #onStep(result: IteratorResult<unknown>): void {
    this.#endTurn()
    if (this.#isOver) return
    if (result.done === true) {
      this.#leave()
      this.#sink.end()
    } else if (!this.#isCancelled) {
      this.#credit--
      this.#sink.push(result.value)
    }
    this.#goOn()
  }

  #onError(error: unknown): void {
    this.#endTurn()
    if (this.#isOver) return
    this.#leave()
    this.#sink.fail(error ?? actorStopped(this.#cell.path, 'failed'))
    crash(this.#cell, { kind: 'failure', error })
    this.#goOn()
  }

  #endTurn(): void {
    this.#isPulling = false
    if (this.#cell.self === this.#self) this.#cell.inFlight-- // else all that held the actor was let go
  }

  #goOn(): void {
    this.#queue()
    if (this.#cell.stage === STOPPING) continueStop(this.#cell)
    else this.#cell.schedule()
  }

  #queue(): void {
    if (this.#isQueued || this.#isPulling || this.#isOver) return
    if (this.#credit <= 0 && !this.#isCancelled) return
    this.#isQueued = true
    this.#cell.enqueueInternal(this)
  }

  #leave(): void {
    this.#isOver = true
    this.#cell.extras?.streams.delete(this)
  }
}

/** The message that opens a stream. Its answer is the generator, which starts to produce then and there. */
export class StreamOpen extends Envelope implements ReplyPort, StreamSource {
  readonly #cell: ActorCell
  readonly #sink: StreamSink
  #credit: number
  #producer: StreamProducer | undefined
  #isCancelled = false

  constructor(cell: ActorCell, sink: StreamSink, credit: number) {
    super()
    this.#cell = cell
    this.#sink = sink
    this.#credit = credit
    this.reply = this
  }

  override get isRetainable(): boolean {
    return false
  }

  get isOpen(): boolean {
    return this.#producer === undefined
  }

  resolve(generator: unknown): void {
    const { extras, definition, path } = this.#cell
    if (!isAsyncGenerator(generator)) {
      this.#sink.fail(new UsageError('not-a-stream', `this handler of ${path} answers once; ask it`))
      return
    }
    if ((extras?.streams.size ?? 0) >= definition.streamsMax) {
      void generator.return(undefined)
      const limit = definition.streamsMax
      this.#sink.fail(new CapacityError('too-many-streams', `${path} serves at most ${limit} streams (streamsMax)`))
      return
    }
    this.#producer = new StreamProducer(this.#cell, generator, this.#sink, this.#credit)
    if (this.#isCancelled) this.#producer.cancel()
  }

  reject(error: unknown): void {
    this.#sink.fail(error)
  }

  request(items: number): void {
    if (this.#producer === undefined) this.#credit += items
    else this.#producer.request(items)
  }

  override cancel(): void {
    this.#isCancelled = true
    if (this.#producer === undefined) this.isWanted = false
    else this.#producer.cancel()
  }
}

function isAsyncGenerator(value: unknown): value is Generator_ {
  const found = value as Partial<Generator_> | null | undefined
  return typeof found === 'object' && typeof found?.next === 'function' && Symbol.asyncIterator in found
}

export function openLocalStream(
  cell: ActorCell,
  code: number,
  a: unknown,
  b: unknown,
  options: ResolvedCallOptions,
  makeSink?: (consumer: StreamConsumer) => StreamSink & { source: StreamSource | undefined },
): AsyncIterableIterator<unknown> {
  const { signal } = options
  return new StreamConsumer(options.window, (consumer) => {
    const sink = makeSink?.(consumer)
    const open = new StreamOpen(cell, sink ?? consumer, options.window)
    if (sink !== undefined) sink.source = open
    let result: SendResult
    try {
      result = cell.post(code, a, b, open)
    } catch (error) {
      consumer.fail(error)
      return open
    }
    if (result !== 'accepted') consumer.fail(actorStopped(cell.path, result))
    if (signal !== undefined) endOnAbort(signal, consumer, open)
    return open
  })
}

export function endOnAbort(signal: AbortSignal, consumer: StreamConsumer, source: StreamSource): void {
  const onAbort = (): void => {
    source.cancel()
    consumer.fail(signal.reason)
  }
  if (signal.aborted) return onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  consumer.onOver = () => signal.removeEventListener('abort', onAbort)
}
