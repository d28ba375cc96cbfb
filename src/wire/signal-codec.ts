import { ProtocolError } from '../base/errors.ts'
import { sendableThrown } from './error-codec.ts'
import { ENCODING_VALUES, type ValueCodec } from './value-codec.ts'
import type { WireRegion } from './wire-region.ts'

/** What threads tell each other beside messages: plain objects, told apart by `kind`. */
export interface WireSignal {
  readonly kind: string
}

/** One argument of any kind. */
const SIGNAL_ENCODING = ENCODING_VALUES | 1

/**
 * Signals to bytes and back. They must get through: where a signal holds what somebody threw, and that cannot be sent or is
 * too large, that property arrives as a bounded copy with strings in place of what is missing. So what has to be refused
 * instead, such as a child's arguments, is encoded by the caller and put into the signal as bytes.
 */
export class SignalCodec {
  readonly #codec: ValueCodec

  constructor(codec: ValueCodec) {
    this.#codec = codec
  }

  /** As `ValueCodec.encode`: the bytes used, or -1. Throws only if bytes or strings in the signal exceed the limit. */
  encode(signal: WireSignal, region: WireRegion, offset: number, capacity: number): number {
    try {
      return this.#codec.encode(1, signal, undefined, undefined, region, offset, capacity)
    } catch {
      const mended = this.#mended(signal)
      return this.#codec.encode(1, mended, undefined, undefined, region, offset, capacity)
    }
  }

  /** For a signal that has to wait outside of a ring. */
  encodeOwned(signal: WireSignal): Uint8Array<ArrayBuffer> {
    try {
      return this.#codec.encodeOwned(1, signal, undefined, undefined)
    } catch {
      return this.#codec.encodeOwned(1, this.#mended(signal), undefined, undefined)
    }
  }

  /** Throws `ProtocolError` (`bad-encoding`) unless the bytes are a signal. Which kinds there are is the caller's matter. */
  decode(region: WireRegion, offset: number, length: number): WireSignal {
    this.#codec.decode(region, offset, length, SIGNAL_ENCODING)
    return this.#take()
  }

  decodeOwned(bytes: Uint8Array): WireSignal {
    this.#codec.decodeOwned(bytes, SIGNAL_ENCODING)
    return this.#take()
  }

  #take(): WireSignal {
    const signal = this.#codec.a
    this.#codec.release()
    if (isSignal(signal)) return signal
    throw new ProtocolError('bad-encoding', 'a signal was expected, not another value')
  }

  /** The signal with a copy of each property that cannot travel as it is. Bytes are never replaced: they are somebody's. */
  #mended(signal: WireSignal): WireSignal {
    const properties = Object.entries(signal).map(([key, value]) => {
      const isFine = ArrayBuffer.isView(value) || this.#isSendable(value)
      return [key, isFine ? value : sendableThrown(value)] as const
    })
    return Object.fromEntries(properties) as unknown as WireSignal
  }

  #isSendable(value: unknown): boolean {
    try {
      this.#codec.sizeOf(1, value, undefined, undefined)
      return true
    } catch {
      return false
    }
  }
}

function isSignal(value: unknown): value is WireSignal {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'kind') === 'string'
}
