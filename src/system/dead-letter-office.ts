import type { ActorRef } from '../kernel/actor-ref.ts'
import type { DeadLetter, DeadLetterReason, DeadLetterSink } from '../kernel/dead-letters.ts'
import { implement } from '../kernel/definition.ts'
import type { Self } from '../kernel/self.ts'
import { sendableThrown } from '../wire/error-codec.ts'

/** An actor that wants to hear of dead letters. */
export interface DeadLetterListener {
  deadLetter(letter: DeadLetter): void
}

/** Which letters are meant; what is left out does not matter. */
export interface DeadLetterFilter {
  readonly actor?: string
  readonly reason?: DeadLetterReason
}

/** `system.deadLetters`. */
export interface DeadLetterProtocol {
  take(letter: DeadLetter): void
  /** The last ones, oldest first. */
  recent(filter?: DeadLetterFilter): readonly DeadLetter[]
  subscribe(listener: ActorRef<DeadLetterListener>): void
  unsubscribe(listener: ActorRef<DeadLetterListener>): void
  /** Sends those that are kept to their actors again, and forgets them. Answers how many were taken. */
  replay(filter?: DeadLetterFilter): number
}

interface Office {
  readonly kept: DeadLetter[]
  readonly keptMax: number
  listeners: ActorRef<DeadLetterListener>[]
}

type OfficeSelf = Self<Office, DeadLetterProtocol>

/** Keeps the last dead letters of all threads, and tells who subscribed. */
export const DeadLetterOffice = implement<DeadLetterProtocol>()({
  name: 'DeadLetterOffice',
  module: import.meta.url,
  start: (_self, keptMax: number): Office => ({ kept: [], keptMax, listeners: [] }),
  on: {
    take(self, letter) {
      const { kept, keptMax, listeners } = self.state
      kept.push(letter)
      if (kept.length > keptMax) kept.shift()
      for (const listener of listeners) listener.tell.deadLetter(letter)
    },
    recent: (self, filter) => self.state.kept.filter((letter) => matches(letter, filter)),
    subscribe(self, listener) {
      if (self.state.listeners.some((known) => known.equals(listener))) return
      self.state.listeners.push(listener)
      self.watch(listener as ActorRef<never>)
    },
    unsubscribe(self, listener) {
      self.state.listeners = self.state.listeners.filter((known) => !known.equals(listener))
      self.unwatch(listener as ActorRef<never>)
    },
    replay: (self, filter) => replayLetters(self, filter),
  },
  signals: {
    down(self, ref) {
      self.state.listeners = self.state.listeners.filter((known) => !known.equals(ref))
    },
  },
})

async function replayLetters(self: OfficeSelf, filter?: DeadLetterFilter): Promise<number> {
  const wanted = self.state.kept.filter((letter) => matches(letter, filter) && letter.handler !== undefined)
  let taken = 0
  for (const letter of wanted) {
    const ref = (await self.whereis(letter.actor)) as ActorRef<Record<string, () => void>> | undefined
    const send = ref?.tell[letter.handler as string] as ((...args: readonly unknown[]) => string) | undefined
    if (ref === undefined || send === undefined) continue
    if (send.apply(ref.tell, letter.args as []) !== 'accepted') continue
    taken++
    self.state.kept.splice(self.state.kept.indexOf(letter), 1)
  }
  return taken
}

function matches(letter: DeadLetter, filter: DeadLetterFilter | undefined): boolean {
  if (filter?.actor !== undefined && letter.actor !== filter.actor) return false
  return filter?.reason === undefined || letter.reason === filter.reason
}

/** Passes dead letters on to the office; what the office itself cannot take is only counted. */
export class DeadLetterPost implements DeadLetterSink {
  office: ActorRef<DeadLetterProtocol> | undefined
  readonly #onUnkept: () => void
  #isPosting = false

  constructor(onUnkept: () => void) {
    this.#onUnkept = onUnkept
  }

  take(letter: DeadLetter): void {
    // A letter about the office, or about this very message, would go round for ever.
    if (this.office === undefined || this.#isPosting || letter.actor === OFFICE_PATH) return this.#onUnkept()
    this.#isPosting = true
    try {
      if (this.office.tell.take(letter) !== 'accepted') this.#onUnkept()
    } catch {
      this.#postLighter(letter)
    } finally {
      this.#isPosting = false
    }
  }

  /** What cannot travel is not worth losing the rest for: first it is the error that is cut, then the arguments. */
  #postLighter(letter: DeadLetter): void {
    const error = sendableThrown(letter.error)
    const shown = letter.args.map((argument) => `(${typeof argument})`)
    for (const args of [letter.args, shown]) {
      try {
        if (this.office?.tell.take({ ...letter, args, error }) !== 'accepted') this.#onUnkept()
        return
      } catch {
        // Then with less.
      }
    }
    this.#onUnkept()
  }
}

export const OFFICE_NAME = 'dead-letters'
export const OFFICE_PATH = `/${OFFICE_NAME}`
