import { ProtocolError, UsageError } from 'troupe'
import type { Codec } from './codec.ts'
import { DELI_EMPTY_ELEMENTS_MAX, DeliReader } from './deli-reader.ts'
import type { DeliSchema } from './deli-schema.ts'
import { DeliWriter } from './deli-writer.ts'
import { refusal } from './misfit.ts'

export interface DeliCodecOptions {
  /**
   * Elements that take no bytes (empty structs) which the vectors of one message may have together. Count, 0 to 2^32 - 1.
   * @default 65_536
   */
  readonly emptyElementsMax?: number
  /** What `decode` does about bytes behind the value: `ignore`, as deli itself does, or `refuse`. @default 'ignore' */
  readonly trailing?: 'ignore' | 'refuse'
}

/** The encoding of deli-codec, byte for byte. Which types there are: `deli`. */
export class DeliCodec<T> implements Codec<T> {
  readonly name = 'deli'
  readonly #schema: DeliSchema<T>
  readonly #emptyElementsMax: number
  readonly #refusesTrailing: boolean

  constructor(schema: DeliSchema<T>, options: DeliCodecOptions = {}) {
    const { emptyElementsMax = DELI_EMPTY_ELEMENTS_MAX, trailing = 'ignore', ...others } = options
    checkOptions(emptyElementsMax, trailing, others)
    this.#schema = schema
    this.#emptyElementsMax = emptyElementsMax
    this.#refusesTrailing = trailing === 'refuse'
  }

  sizeOf(value: T): number {
    try {
      return this.#schema.sizeOf(value)
    } catch (error) {
      throw refusal(this.name, error)
    }
  }

  encode(value: T): Uint8Array {
    const bytes = new Uint8Array(this.sizeOf(value))
    this.encodeInto(value, bytes)
    return bytes
  }

  encodeInto(value: T, target: Uint8Array, offset = 0): number {
    const writer = new DeliWriter(target, offset, this.#emptyElementsMax)
    try {
      this.#schema.write(value, writer)
    } catch (error) {
      throw refusal(this.name, error)
    }
    return writer.offset
  }

  decode(bytes: Uint8Array): T {
    const reader = new DeliReader(bytes, 0, this.#emptyElementsMax)
    const value = this.#schema.read(reader)
    if (this.#refusesTrailing && reader.left > 0) {
      throw new ProtocolError(
        'trailing-bytes',
        `${reader.left} bytes behind the value, which ends at offset ${reader.offset}`,
      )
    }
    return value
  }

  /** The next value of `reader`, which moves on behind it: for values that stand one after another. */
  read(reader: DeliReader): T {
    return this.#schema.read(reader)
  }
}

function checkOptions(emptyElementsMax: number, trailing: string, others: object): void {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw new UsageError('unknown-option', `DeliCodec: no option '${unknown}'; there are emptyElementsMax, trailing`)
  }
  if (!Number.isInteger(emptyElementsMax) || emptyElementsMax < 0 || emptyElementsMax > 0xffff_ffff) {
    throw new UsageError(
      'invalid-option',
      `DeliCodec: emptyElementsMax must be a whole number from 0 to 4294967295, got ${emptyElementsMax}`,
    )
  }
  if (trailing !== 'ignore' && trailing !== 'refuse') {
    throw new UsageError('invalid-option', `DeliCodec: trailing must be 'ignore' or 'refuse', got '${trailing}'`)
  }
}
