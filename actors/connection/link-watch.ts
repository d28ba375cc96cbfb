import { UnreachableError } from 'troupe'
import type { ResolvedLinkOptions } from './link-options.ts'

/** What a link has done so far, as counts that only grow, and what it waits for. */
export interface LinkProgress {
  /** Bytes read and written. */
  readonly movedBytes: number
  readonly writtenBytes: number
  readonly receivedMessages: number
  /** Bytes of a message that is not whole. */
  readonly heldBytes: number
  /** Whether a write waits for the peer. */
  readonly isWriting: boolean
}

/** One wait that must not take too long: begun when it was first seen, over when its count has moved. */
class Wait {
  #sinceMs = Number.NaN
  #count = 0

  /** How long it has lasted. */
  see(isWaiting: boolean, count: number, nowMs: number): number {
    if (!isWaiting || count !== this.#count || Number.isNaN(this.#sinceMs)) {
      this.#sinceMs = isWaiting ? nowMs : Number.NaN
      this.#count = count
    }
    return isWaiting ? nowMs - this.#sinceMs : 0
  }
}

/**
 * Decides when a link has waited too long. It is told now and then how the link goes on, so that no message costs a look at the
 * clock; a timeout is seen up to a quarter late.
 */
export class LinkWatch {
  readonly #options: ResolvedLinkOptions
  readonly #idle = new Wait()
  readonly #write = new Wait()
  readonly #frame = new Wait()

  constructor(options: ResolvedLinkOptions) {
    this.#options = options
  }

  /** How long until the next look, or undefined while nothing is waited for. Milliseconds. */
  nextMs({ heldBytes, isWriting }: LinkProgress): number | undefined {
    const { idleTimeoutMs, writeTimeoutMs, frameTimeoutMs } = this.#options
    const write = isWriting ? writeTimeoutMs : Number.POSITIVE_INFINITY
    const frame = heldBytes > 0 ? frameTimeoutMs : Number.POSITIVE_INFINITY
    const shortestMs = Math.min(idleTimeoutMs, write, frame)
    return shortestMs === Number.POSITIVE_INFINITY ? undefined : Math.max(1, shortestMs / LOOKS)
  }

  /** The error to close the link with, or undefined. */
  look(progress: LinkProgress, nowMs: number): UnreachableError | undefined {
    const { idleTimeoutMs, writeTimeoutMs, frameTimeoutMs } = this.#options
    const { movedBytes, writtenBytes, receivedMessages, heldBytes, isWriting } = progress
    const idleMs = this.#idle.see(true, movedBytes, nowMs)
    const writeMs = this.#write.see(isWriting, writtenBytes, nowMs)
    const frameMs = this.#frame.see(heldBytes > 0, receivedMessages, nowMs)
    if (writeMs >= writeTimeoutMs) return timeout('the peer took nothing of what was written', writeTimeoutMs)
    if (frameMs >= frameTimeoutMs) {
      return timeout(`a message was not whole (${heldBytes} bytes of it had come)`, frameTimeoutMs)
    }
    if (idleMs >= idleTimeoutMs) return timeout('nothing was sent or received', idleTimeoutMs)
    return undefined
  }
}

/** Looks within the shortest timeout. */
const LOOKS = 4

/** An error that names the time: `timeoutMs`. */
export function timeout(text: string, timeoutMs: number): UnreachableError {
  return Object.assign(new UnreachableError('timeout', `${text} within ${timeoutMs} ms`), { timeoutMs })
}
