import type { SendResult } from '../kernel/actor-ref.ts'
import { ARGUMENTS_IN_ARRAY, messageArguments } from '../kernel/facade.ts'
import type { MessageTerms, OutboundRoute } from '../kernel/remote/outbound-route.ts'
import type { Signal } from '../kernel/remote/signal.ts'
import type { Placement } from '../kernel/spawn-options.ts'
import type { Directory } from '../memory/directory.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { ENCODING_NUMBERS } from '../wire/value-codec.ts'
import { ArenaFrame } from './arena-frame.ts'
import { lighterSignals } from './lighter-signal.ts'
import { Link } from './link.ts'
import type { Placer } from './placer.ts'
import { ANSWER, headerWord, ITEM, REFUSAL, SIGNAL, TELL } from './record.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** So much is published although its sender goes on: the receiver works while it does. Bytes. */
const PUBLISH_BYTES = 4_096
/** A frame this long takes longer to fill than to publish: it is read while the next one is filled. Bytes. */
const LONG_FRAME_BYTES = 16_384

/** The kernel's way to the other threads: records in rings, published and rung once for all that a turn has sent. */
export class RingRoute implements OutboundRoute {
  readonly #memory: SystemMemory
  readonly #directory: Directory
  readonly #seat: number
  readonly #codec: ThreadCodec
  readonly #placer: Placer
  readonly #links: (Link | undefined)[]
  /** Links with something to publish. */
  #dirty: Link[] = []
  readonly #isDirty: boolean[]
  /** Told of a seat without a thread to which something was sent. */
  onUnoccupied: ((seat: number) => void) | undefined
  /** From here on seats may have no thread. */
  readonly pinnedSeat: number
  /** Called when the first record since the last flush was written. */
  #onFirst: () => void

  constructor(memory: SystemMemory, seat: number, codec: ThreadCodec, placer: Placer, onFirst: () => void) {
    const { seatsMax } = memory.options
    this.#memory = memory
    this.#directory = memory.directory
    this.#seat = seat
    this.#codec = codec
    this.#placer = placer
    this.pinnedSeat = placer.pinnedSeat
    this.#onFirst = onFirst
    this.#links = new Array<Link | undefined>(seatsMax).fill(undefined)
    this.#isDirty = new Array<boolean>(seatsMax).fill(false)
  }

  tell(seat: number, slot: number, generation: number, code: number, a: unknown, b: unknown): SendResult {
    const admission = this.#directory.admission(slot, generation)
    if (admission !== 'open') return admission === 'full' ? 'mailbox-full' : 'actor-stopped'
    const link = this.#links[seat] ?? this.#link(seat)
    const count = code & 3
    let isWritten: boolean
    let isPressing = false
    if (typeof a === 'number' && (count === 1 || (count === 2 && typeof b === 'number'))) {
      const word = headerWord(TELL, ENCODING_NUMBERS | count, code >> 2)
      isWritten = link.tryWriteNumbers(word, slot, generation, count, a, b as number)
    } else if (count === 1 && a instanceof ArenaFrame && !this.#directory.retains(slot)) {
      a.check()
      isWritten = link.tryWriteFrame(code >> 2, slot, generation, a)
      isPressing = a.length >= LONG_FRAME_BYTES
    } else if (count < 3) {
      isWritten = link.tryWrite(TELL, code >> 2, slot, generation, count, a, b, undefined)
    } else {
      const [first, second, ...rest] = a as unknown[]
      const total = (a as unknown[]).length
      isWritten = link.tryWrite(TELL, code >> 2, slot, generation, total, first, second, rest)
    }
    this.#mark(link)
    if (isPressing || link.unpublishedBytes >= PUBLISH_BYTES) this.#publish(link)
    return isWritten ? 'accepted' : 'mailbox-full'
  }

  send(
    seat: number,
    slot: number,
    generation: number,
    code: number,
    a: unknown,
    b: unknown,
    terms: MessageTerms,
  ): SendResult {
    const admission = this.#directory.admission(slot, generation)
    if (admission !== 'open') return admission === 'full' ? 'mailbox-full' : 'actor-stopped'
    const link = this.#links[seat] ?? this.#link(seat)
    const count = code & 3
    let isWritten: boolean
    if (terms.key === undefined && count !== ARGUMENTS_IN_ARRAY) {
      isWritten = link.tryWriteMessage(code >> 2, slot, generation, terms, count, a, b, undefined)
    } else {
      const args = messageArguments(code, a, b)
      const carried = terms.key === undefined ? args : [...args, terms.key]
      const [first, second, ...rest] = carried
      isWritten = link.tryWriteMessage(code >> 2, slot, generation, terms, carried.length, first, second, rest)
    }
    this.#mark(link)
    return isWritten ? 'accepted' : 'mailbox-full'
  }

  signal(seat: number, signal: Signal): void {
    const link = this.#links[seat] ?? this.#link(seat)
    try {
      writeSignal(link, signal)
    } catch (error) {
      if (!isWrittenLighter(link, signal)) throw error
    }
    this.#mark(link)
  }

  position(seat: number): number {
    return this.#links[seat]?.writtenBytes ?? 0
  }

  wasRead(seat: number, position: number, readPosition: number): boolean {
    return position <= (this.#links[seat]?.writtenBytesAt(readPosition) ?? 0)
  }

  place(placement: unknown): number {
    return this.#placer.place(placement as Placement)
  }

  /** Publishes what was written since, and rings those it is for. Links that wait for room stay on the list. */
  flush(): void {
    const dirty = this.#dirty
    if (dirty.length === 0) return
    this.#dirty = []
    for (const link of dirty) {
      this.#isDirty[link.seat] = false
      this.#publish(link)
      if (link.waitingCount > 0) this.#keep(link)
    }
  }

  /** System records that wait for room in some ring. */
  get waitingCount(): number {
    let count = 0
    for (const link of this.#links) count += link?.waitingCount ?? 0
    return count
  }

  /** Makes a new thread's links start where its predecessor's last published record ends. */
  takeOver(): void {
    for (let seat = 0; seat < this.#links.length; seat++) {
      if (seat !== this.#seat) this.#memory.ringProducer(this.#seat, seat).resetToPublished()
    }
  }

  /** Published, then looked: a guardian that frees the seat looks the other way round, so one of the two notices. */
  #checkOccupied(seat: number): void {
    const state = this.#memory.seats.state(seat)
    if (state === 'free' || state === 'reserved') this.onUnoccupied?.(seat)
  }

  #publish(link: Link): void {
    if (!link.publish()) return
    this.#memory.doorbell(link.seat).ringFor(this.#seat)
    if (link.seat >= this.pinnedSeat) this.#checkOccupied(link.seat)
  }

  #link(seat: number): Link {
    const link = new Link(seat, this.#memory.ringProducer(this.#seat, seat), this.#codec)
    this.#links[seat] = link
    return link
  }

  /** Still to be published, as soon as there is room: the loop looks again while something waits. */
  #keep(link: Link): void {
    this.#isDirty[link.seat] = true
    this.#dirty.push(link)
  }

  #mark(link: Link): void {
    if (this.#isDirty[link.seat] === true) return
    this.#isDirty[link.seat] = true
    if (this.#dirty.push(link) === 1) this.#onFirst()
  }
}

function writeSignal(link: Link, signal: Signal): void {
  switch (signal.kind) {
    case 'answer':
      return link.write(ANSWER, signal.correlation, signal.value, 'answer')
    case 'item':
      return link.write(ITEM, signal.correlation, signal.value, 'item')
    case 'refusal':
      return link.write(REFUSAL, signal.correlation, signal.error, 'error')
    default:
      return link.write(SIGNAL, 0, signal, '')
  }
}

/** False for a signal in which nothing can be spared. */
function isWrittenLighter(link: Link, signal: Signal): boolean {
  for (const lighter of lighterSignals(signal, link.producer.payloadBytesMax)) {
    try {
      writeSignal(link, lighter as Signal)
      return true
    } catch {
      // Then with less.
    }
  }
  return false
}
