/** What a `ForeignValues` adapter writes with. Each call appends; reading happens in the same order. */
export interface ForeignWriter {
  byte(value: number): void
  int32(value: number): void
  float64(value: number): void
  /** Any string. */
  text(value: string): void
  /** A string that many messages repeat (a definition's id): its bytes are prepared once and recognised by the reader. */
  name(value: string): void
  /** Any sendable value; counts as nested one level deeper. */
  value(value: unknown): void
}

/** What a `ForeignValues` adapter reads with. Every call throws `ProtocolError` (`bad-encoding`) at the message's end. */
export interface ForeignReader {
  byte(): number
  int32(): number
  float64(): number
  text(): string
  name(): string
  value(): unknown
}

/**
 * Values that the wire does not know and other folders do: actor references, leased frames. One adapter serves all of
 * them and begins what it writes with a byte of its own. What was sent (which frames) is known to the adapter alone.
 */
export interface ForeignValues {
  /** Called before the first foreign value of each attempt to encode a message: forget what was listed before. */
  begin(): void
  /** A cheap check by class. Called for objects that are neither plain nor arrays. */
  isForeign(value: object): boolean
  /** Called once for each distinct value of a message. May throw what `encode` of the codec shall throw. */
  encode(value: object, writer: ForeignWriter): void
  decode(reader: ForeignReader): unknown
}

/** For codecs of a program without actors and frames. */
export const noForeignValues: ForeignValues = Object.freeze({
  begin() {},
  isForeign: () => false,
  encode() {},
  decode: () => undefined,
})
