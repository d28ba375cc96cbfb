import { NAME_BYTES, NAME_TEXT_BYTE, NAME_TEXT_BYTES } from './name-layout.ts'

/** Names of actors, readable by every thread at any time. */
export class NameTable {
  readonly #memory: ArrayBufferLike
  readonly #byteOffset: number
  readonly #actorsPerSeat: number
  /** One view a seat, since no view may be as large as the names of all. */
  readonly #seats: (Buffer | undefined)[] = []

  constructor(memory: ArrayBufferLike, byteOffset: number, actorsPerSeat: number) {
    this.#memory = memory
    this.#byteOffset = byteOffset
    this.#actorsPerSeat = actorsPerSeat
  }

  /** The owner of the slot, before the actor is published. A name of more than 63 bytes is cut. */
  write(slot: number, name: string): void {
    const bytes = this.#bytesOf(slot)
    const start = (slot % this.#actorsPerSeat) * NAME_BYTES
    bytes[start] = bytes.write(name, start + NAME_TEXT_BYTE, NAME_TEXT_BYTES, 'utf8')
  }

  /** The name that was written last for this slot: to be asked for only if its actor has one. */
  read(slot: number): string {
    const bytes = this.#bytesOf(slot)
    const start = (slot % this.#actorsPerSeat) * NAME_BYTES
    const text = start + NAME_TEXT_BYTE
    return bytes.toString('utf8', text, text + Math.min(bytes[start]!, NAME_TEXT_BYTES))
  }

  #bytesOf(slot: number): Buffer {
    const seat = Math.floor(slot / this.#actorsPerSeat)
    const seatBytes = this.#actorsPerSeat * NAME_BYTES
    this.#seats[seat] ??= Buffer.from(this.#memory as ArrayBuffer, this.#byteOffset + seat * seatBytes, seatBytes)
    return this.#seats[seat]
  }
}
