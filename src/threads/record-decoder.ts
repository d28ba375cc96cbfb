import { ARGUMENTS_IN_ARRAY } from '../kernel/facade.ts'
import type { MessageTerms } from '../kernel/remote/outbound-route.ts'
import type { WireRegion } from '../wire/wire-region.ts'
import { encodingOf, handlerOf, kindOf, MESSAGE } from './record.ts'
import { type ReadTerms, readTerms, termsBytes } from './record-terms.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** Reads messages out of TELL and MESSAGE records, wherever those lie. One object for all: a message costs no more than itself. */
export class RecordDecoder {
  /** After `decode`: the message as the kernel takes it. To be taken right away. */
  code = 0
  a: unknown = undefined
  b: unknown = undefined
  terms: MessageTerms | undefined = undefined
  readonly #codec: ThreadCodec

  constructor(codec: ThreadCodec) {
    this.#codec = codec
  }

  /** Throws a `ProtocolError` for bytes that are no message. */
  decode(region: WireRegion, offset: number, bytes: number, word: number): void {
    this.#codec.begin()
    const { values } = this.#codec
    const terms = kindOf(word) === MESSAGE ? readTerms(region, offset) : undefined
    const prefix = terms === undefined ? 0 : termsBytes(terms)
    const count = values.decode(region, offset + prefix, bytes - prefix, encodingOf(word))
    this.terms = terms
    if (count > 2 || terms?.hasKey === true) return this.#takeMany(word, count, terms)
    this.code = (handlerOf(word) << 2) | count
    this.a = values.a
    this.b = values.b
  }

  #takeMany(word: number, count: number, terms: ReadTerms | undefined): void {
    const { a, b, rest } = this.#codec.values
    const args = [a, b, ...(rest ?? [])].slice(0, count)
    if (terms?.hasKey === true) terms.key = args.pop() as string
    const isMany = args.length > 2
    this.code = (handlerOf(word) << 2) | (isMany ? ARGUMENTS_IN_ARRAY : args.length)
    this.a = isMany ? args : args[0]
    this.b = isMany ? undefined : args[1]
  }
}
