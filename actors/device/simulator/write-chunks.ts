/** Devices write no more at once: longer bursts are cut there, wherever a packet is. Bytes. */
export const WRITE_BYTES_MAX = 1_024

/** Gathers the packets of one turn and cuts them as a device does that writes through a buffer of `WRITE_BYTES_MAX`. */
export class WriteChunks {
  #packets: Uint8Array[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param packet not to be changed before it was taken and is out */
  add(packet: Uint8Array): void {
    this.#packets.push(packet)
    this.#bytes += packet.length
  }

  /** The next write; undefined where nothing waits. */
  take(): Uint8Array | undefined {
    const [first] = this.#packets
    if (first === undefined) return undefined
    if (this.#packets.length === 1 && first.length <= WRITE_BYTES_MAX) {
      this.clear()
      return first
    }
    const chunk = new Uint8Array(Math.min(WRITE_BYTES_MAX, this.#bytes))
    let filled = 0
    let used = 0
    while (filled < chunk.length) {
      const packet = this.#packets[used]!
      const part = packet.subarray(0, chunk.length - filled)
      chunk.set(part, filled)
      filled += part.length
      if (part.length === packet.length) used++
      else this.#packets[used] = packet.subarray(part.length)
    }
    this.#packets.splice(0, used)
    this.#bytes -= filled
    return chunk
  }

  clear(): void {
    this.#packets = []
    this.#bytes = 0
  }
}
