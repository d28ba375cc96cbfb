import { messageCode } from '../kernel/facade.ts'
import type { MessageTerms } from '../kernel/remote/outbound-route.ts'
import type { WireRegion } from '../wire/wire-region.ts'
import { encodingOf, handlerOf, kindOf, MESSAGE } from './record.ts'
import { readTerms, termsBytes } from './record-terms.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** A message as the kernel takes it. */
export interface DecodedRecord {
  readonly code: number
  readonly a: unknown
  readonly b: unknown
  readonly terms: MessageTerms | undefined
}

/** The message in a TELL or MESSAGE record, wherever that lies. Throws a `ProtocolError` for bytes that are none. */
export function decodeRecord(
  codec: ThreadCodec,
  region: WireRegion,
  offset: number,
  bytes: number,
  word: number,
): DecodedRecord {
  const terms = kindOf(word) === MESSAGE ? readTerms(region, offset) : undefined
  const prefix = terms === undefined ? 0 : termsBytes(terms)
  const count = codec.values.decode(region, offset + prefix, bytes - prefix, encodingOf(word))
  const args = [codec.values.a, codec.values.b, ...(codec.values.rest ?? [])].slice(0, count)
  if (terms?.hasKey === true) terms.key = args.pop() as string
  const code = messageCode(handlerOf(word), args.length)
  const [a, b] = args.length > 2 ? [args, undefined] : args
  return { code, a, b, terms }
}
