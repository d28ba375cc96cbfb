/** What went by since the start, and since the line before. */
export interface RateSample {
  readonly messages: number
  readonly bytes: number
  /** Since the start. */
  readonly elapsedMs: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
}

/** Counts what goes by. It is told the time, so that it needs no clock of its own. Milliseconds, of any clock that never goes back. */
export class RateMeter {
  readonly #startMs: number
  #messages = 0
  #bytes = 0
  #last = { messages: 0, bytes: 0, atMs: 0 }

  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#last.atMs = nowMs
  }

  count(messageBytes: number): void {
    this.#messages++
    this.#bytes += messageBytes
  }

  /** Totals, with rates of the time since the sample before (since the start for the first). */
  sample(nowMs: number): RateSample {
    const { messages, bytes, atMs } = this.#last
    this.#last = { messages: this.#messages, bytes: this.#bytes, atMs: nowMs }
    return this.#sampleOf(nowMs, this.#messages - messages, this.#bytes - bytes, nowMs - atMs)
  }

  /** Totals, with rates of the whole time. */
  total(nowMs: number): RateSample {
    return this.#sampleOf(nowMs, this.#messages, this.#bytes, nowMs - this.#startMs)
  }

  #sampleOf(nowMs: number, messages: number, bytes: number, spanMs: number): RateSample {
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      elapsedMs: nowMs - this.#startMs,
      messagesPerSecond: perSecond(messages, spanMs),
      bytesPerSecond: perSecond(bytes, spanMs),
    }
  }
}

/** `12,345 messages  1.2 MB  10,000 messages/s  1.0 MB/s` */
export function rateLine({ messages, bytes, messagesPerSecond, bytesPerSecond }: RateSample): string {
  const what = messages === 1 ? 'message' : 'messages'
  const totals = `${grouped(messages)} ${what}  ${byteSize(bytes)}`
  return `${totals}  ${grouped(messagesPerSecond)} messages/s  ${byteSize(bytesPerSecond)}/s`
}

/** One JSON object: times and rates as whole numbers. */
export function rateJson(sample: RateSample): string {
  const { messages, bytes, elapsedMs, messagesPerSecond, bytesPerSecond } = sample
  return JSON.stringify({
    messages,
    bytes,
    elapsedMs: Math.round(elapsedMs),
    messagesPerSecond: Math.round(messagesPerSecond),
    bytesPerSecond: Math.round(bytesPerSecond),
  })
}

const units = ['kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Powers of a thousand, as disks and networks are measured; one place behind the point. */
function byteSize(bytes: number): string {
  // Rounded first, or 999,960 would become 1000.0 kB.
  if (Math.round(bytes) < 1000) return `${Math.round(bytes)} B`
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** 0 as long as no time has gone by: a rate over nothing says nothing. */
function perSecond(count: number, spanMs: number): number {
  return spanMs > 0 ? (count * 1000) / spanMs : 0
}
