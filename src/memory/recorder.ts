import {
  EVENT_A_DOUBLE,
  EVENT_B_DOUBLE,
  EVENT_BEGUN_WORD,
  EVENT_DOUBLES,
  EVENT_ENDED_WORD,
  EVENT_KIND_WORD,
  EVENT_SLOT_WORD,
  EVENT_TIME_DOUBLE,
  EVENT_WORDS,
  RECORDER_EVENTS_BYTE,
  RECORDER_WRITTEN_WORD,
  recorderRegionBytes,
} from './recorder-layout.ts'

/** Something that happened on a seat. What `kind`, `a` and `b` mean is the recording side's to say. */
export interface RecordedEvent {
  /** Place among all events of the seat, from 0, modulo 2^32. */
  readonly number: number
  readonly kind: number
  /** The actor it is about, -1 for none. */
  readonly slot: number
  /** Milliseconds of the system's clock. */
  readonly timeMs: number
  readonly a: number
  readonly b: number
}

/**
 * The last events of one seat. The thread on the seat records, and goes on after its predecessor; any thread reads,
 * also while the writer runs, is stuck or is dead. The oldest event gives way to the newest.
 */
export class Recorder {
  readonly eventsMax: number
  readonly #words: Int32Array
  readonly #doubles: Float64Array

  /** `eventsMax` is a power of two. */
  constructor(memory: ArrayBufferLike, byteOffset: number, eventsMax: number) {
    this.eventsMax = eventsMax
    this.#words = new Int32Array(memory, byteOffset, recorderRegionBytes(eventsMax) >> 2)
    this.#doubles = new Float64Array(memory, byteOffset, recorderRegionBytes(eventsMax) >> 3)
  }

  /** Events ever recorded, modulo 2^32. */
  get written(): number {
    return Atomics.load(this.#words, RECORDER_WRITTEN_WORD) >>> 0
  }

  /** The thread on the seat only. Some 50 ns: for what happens to actors, not for every message. */
  record(kind: number, slot: number, timeMs: number, a = 0, b = 0): void {
    const words = this.#words
    const number = words[RECORDER_WRITTEN_WORD]! // plain: only this thread writes it
    const place = number & (this.eventsMax - 1)
    const word = eventWord(place)
    const double = eventDouble(place)
    // The event that lies here stops being one before it changes: the store, with the load, is a fence on every
    // processor.
    Atomics.store(words, word + EVENT_BEGUN_WORD, number + 1)
    Atomics.load(words, word + EVENT_BEGUN_WORD)
    words[word + EVENT_KIND_WORD] = kind
    words[word + EVENT_SLOT_WORD] = slot
    this.#doubles[double + EVENT_TIME_DOUBLE] = timeMs
    this.#doubles[double + EVENT_A_DOUBLE] = a
    this.#doubles[double + EVENT_B_DOUBLE] = b
    // PUBLISH: a reader that sees this number sees everything above.
    Atomics.store(words, word + EVENT_ENDED_WORD, number + 1)
    Atomics.store(words, RECORDER_WRITTEN_WORD, number + 1)
  }

  /** The events that are there, oldest first; those overwritten while they were read are left out. Any thread. */
  read(): RecordedEvent[] {
    const end = this.written
    const events: RecordedEvent[] = []
    for (let back = this.eventsMax; back > 0; back--) {
      const event = this.#readOne((end - back) | 0)
      if (event !== undefined) events.push(event)
    }
    return events
  }

  #readOne(number: number): RecordedEvent | undefined {
    const words = this.#words
    const place = number & (this.eventsMax - 1)
    const word = eventWord(place)
    const double = eventDouble(place)
    const sequence = (number + 1) | 0
    // ACQUIRE, pairs with the publish in `record`. Memory that was never written has sequence 0, as the event before
    // the first would: it has no place.
    if (Atomics.load(words, word + EVENT_ENDED_WORD) !== sequence || sequence === 0) return undefined
    const event: RecordedEvent = {
      number: number >>> 0,
      kind: words[word + EVENT_KIND_WORD]!,
      slot: words[word + EVENT_SLOT_WORD]!,
      timeMs: this.#doubles[double + EVENT_TIME_DOUBLE]!,
      a: this.#doubles[double + EVENT_A_DOUBLE]!,
      b: this.#doubles[double + EVENT_B_DOUBLE]!,
    }
    return Atomics.load(words, word + EVENT_BEGUN_WORD) === sequence ? event : undefined
  }
}

function eventWord(place: number): number {
  return (RECORDER_EVENTS_BYTE >> 2) + place * EVENT_WORDS
}

function eventDouble(place: number): number {
  return (RECORDER_EVENTS_BYTE >> 3) + place * EVENT_DOUBLES
}
