import type { DeliReader } from './deli-reader.ts'
import type { DeliWriter } from './deli-writer.ts'

/** One type of the deli encoding, ready to run. Made by the builders in `deli`, never by hand. */
export interface DeliSchema<T> {
  /** As Rust would write it: `Vec<u32>`. For messages. */
  readonly typeName: string
  /** The fewest bytes that a value takes. 0 only where no value takes any. */
  readonly bytesMin: number
  /** Whether every value takes `bytesMin` bytes. */
  readonly isFixed: boolean
  /** Bytes of the value. Looks only as deep as lengths differ: what it answers for a value that `write` refuses is undefined. */
  sizeOf(value: T): number
  /** Throws `Misfit`; the codec makes a `UsageError` of it. */
  write(value: T, writer: DeliWriter): void
  read(reader: DeliReader): T
}

/** The TypeScript type of a schema's values: `type Reading = Infer<typeof readingSchema>`. */
export type Infer<S> = S extends DeliSchema<infer T> ? T : never
