import { ARGUMENTS_IN_ARRAY, messageArguments } from './facade.ts'

/**
 * A leased view of shared memory. As an argument of its own it travels between threads without a copy, to any number of
 * receivers. A frame is valid during the handler that got or made it; `retain` keeps it, `copy` owns its bytes.
 */
export abstract class Frame {
  abstract readonly length: number
  /** The bytes themselves: what is written here is what others read. Throws `frame-released` after the frame's time. */
  abstract get bytes(): Uint8Array
  /**
   * The same bytes beyond the handler, until `release` or the end of the incarnation. A small part of a large frame is
   * copied, so that it does not hold the rest. To be called before the handler's first `await`.
   */
  abstract retain(): Frame
  /** Lets go of a frame before its time. */
  abstract release(): void
  /** Copies bytes in, to `at`; faster than `bytes.set` into shared memory. Throws `invalid-write` where they do not fit. */
  abstract write(bytes: Uint8Array, at?: number): void
  /** The bytes as memory of the caller's own. */
  abstract copy(): Uint8Array
  /** A part of this frame, valid as long as it. */
  abstract slice(start: number, end?: number): Frame
  /** For a message to an actor of this thread: the same bytes under a lease of their own. */
  abstract lease(): Frame
}

/** Port: where frames come from. */
export interface FramePool {
  /** A frame whose bytes are undefined, or undefined while there is no room for it. */
  allocate(bytes: number): Frame | undefined
  /** Larger ones are never to be had. Bytes. */
  readonly bytesMax: number
}

/** The frames among the arguments of a message, or undefined if there are none. */
export function framesOf(code: number, a: unknown, b: unknown): Frame[] | undefined {
  let frames: Frame[] | undefined
  for (const argument of messageArguments(code, a, b)) {
    if (argument instanceof Frame) (frames ??= []).push(argument)
  }
  return frames
}

/** Whether a message with up to two arguments has a frame among them, at the price of a look. */
export function isFrame(value: unknown): value is Frame {
  return typeof value === 'object' && value instanceof Frame
}

/** What a dead letter shows of an argument: frames do not outlive their message. */
export function withoutFrame(argument: unknown): unknown {
  return isFrame(argument) ? `(frame of ${argument.length} bytes)` : argument
}

/** The arguments of a message, and the frames among them, which are the message's own. */
export interface FramedArguments {
  readonly a: unknown
  readonly b: unknown
  readonly frames: readonly Frame[]
}

/** The arguments of a message with each frame under a lease of its own. */
export function leased(code: number, a: unknown, b: unknown): FramedArguments {
  return withFrames(code, a, b, (frame) => frame.lease())
}

/** The arguments of a message with a frame for each of its frames, under the lease of that. */
export function partsOf(code: number, a: unknown, b: unknown): FramedArguments {
  return withFrames(code, a, b, (frame) => frame.slice(0))
}

function withFrames(code: number, a: unknown, b: unknown, make: (frame: Frame) => Frame): FramedArguments {
  const frames: Frame[] = []
  const own = (argument: unknown): unknown => {
    if (!isFrame(argument)) return argument
    const frame = make(argument)
    frames.push(frame)
    return frame
  }
  if ((code & 3) === ARGUMENTS_IN_ARRAY) return { a: (a as unknown[]).map(own), b, frames }
  return { a: own(a), b: own(b), frames }
}
