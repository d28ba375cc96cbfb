import type { Copies } from '../kernel/copies.ts'
import { isFrame } from '../kernel/frame.ts'
import { decodeThrown, encodeThrown } from '../wire/thrown-codec.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** Encodes and decodes what actors of one thread say to each other. */
export class WireCopies implements Copies {
  readonly #codec: ThreadCodec

  constructor(codec: ThreadCodec) {
    this.#codec = codec
  }

  /** A frame is the same between threads too: its receiver gets a lease of its own, as it does without debug mode. */
  message(args: readonly unknown[]): unknown[] {
    if (!args.some(isFrame)) return this.spawn(args)
    const copies = this.spawn(args.map((argument) => (isFrame(argument) ? undefined : argument)))
    return copies.map((copy, n) => (isFrame(args[n]) ? args[n] : copy))
  }

  spawn(args: readonly unknown[]): unknown[] {
    this.#codec.begin()
    const copies = this.#codec.values.copyOfArguments(args)
    this.#codec.checkFrames([])
    return copies
  }

  value(value: unknown, name: string): unknown {
    this.#codec.begin()
    const copy = this.#codec.values.copyOf(value, name)
    this.#codec.checkFrames([])
    return copy
  }

  thrown(thrown: unknown): unknown {
    const { values } = this.#codec
    return decodeThrown(values, encodeThrown(values, thrown))
  }
}
