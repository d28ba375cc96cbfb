import {
  DEFINITION_BYTES,
  DEFINITION_HANDLER_MS_DOUBLE,
  DEFINITION_LENGTH_WORD,
  DEFINITION_TEXT_BYTE,
  DEFINITION_TEXT_BYTES,
  DEFINITIONS_COUNT_WORD,
  DEFINITIONS_MAX,
  DEFINITIONS_START,
  definitionRegionBytes,
} from './definition-layout.ts'

/** What other threads can know of a definition. */
export interface DefinitionOutline {
  readonly name: string
  /** The index of a handler is its number in messages. Those that found no room are left out at the end. */
  readonly handlerNames: readonly string[]
  /** Infinity for never stuck. */
  readonly handlerMs: number
}

/** Definitions by number, readable by every thread at any time. */
export class DefinitionTable {
  readonly #memory: ArrayBufferLike
  readonly #byteOffset: number
  readonly #seatsMax: number
  readonly #known = new Map<number, DefinitionOutline>()

  constructor(memory: ArrayBufferLike, byteOffset: number, seatsMax: number) {
    this.#memory = memory
    this.#byteOffset = byteOffset
    this.#seatsMax = seatsMax
  }

  /** The thread on the seat. Answers the definition's number there; 0 when a seat has 256 definitions already. */
  register(seat: number, outline: DefinitionOutline): number {
    const view = this.#view(seat)
    const count = this.count(seat)
    const text = textOf(outline)
    for (let index = 0; index < count; index++) {
      const known = this.read(numberOf(seat, index)) as DefinitionOutline
      if (known.handlerMs === outline.handlerMs && textOf(known) === text) return numberOf(seat, index)
    }
    if (count === DEFINITIONS_MAX) return 0
    const start = DEFINITIONS_START + count * DEFINITION_BYTES
    view.doubles[(start >> 3) + DEFINITION_HANDLER_MS_DOUBLE] = outline.handlerMs
    const length = view.bytes.write(text, start + DEFINITION_TEXT_BYTE, 'utf8')
    view.words[(start >> 2) + DEFINITION_LENGTH_WORD] = length
    // PUBLISH: the entry is complete before anyone who loads this count reads it.
    Atomics.store(view.words, DEFINITIONS_COUNT_WORD, count + 1)
    return numberOf(seat, count)
  }

  /** Definitions that the seat has ever used. */
  count(seat: number): number {
    return Atomics.load(this.#view(seat).words, DEFINITIONS_COUNT_WORD)
  }

  /** What a number stands for; undefined for 0, and for what nobody registered. */
  read(number: number): DefinitionOutline | undefined {
    const known = this.#known.get(number)
    if (known !== undefined) return known
    const seat = Math.floor((number - 1) / DEFINITIONS_MAX)
    const index = (number - 1) % DEFINITIONS_MAX
    if (number < 1 || seat >= this.#seatsMax || index >= this.count(seat)) return undefined
    const { bytes, words, doubles } = this.#view(seat)
    const start = DEFINITIONS_START + index * DEFINITION_BYTES
    const text = start + DEFINITION_TEXT_BYTE
    const length = words[(start >> 2) + DEFINITION_LENGTH_WORD]!
    const [name = '', ...handlerNames] = bytes.toString('utf8', text, text + length).split('\n')
    const outline = { name, handlerNames, handlerMs: doubles[(start >> 3) + DEFINITION_HANDLER_MS_DOUBLE]! }
    this.#known.set(number, outline)
    return outline
  }

  /** The least time after which any handler of any actor counts as stuck. Milliseconds, Infinity for never. */
  shortestHandlerMs(): number {
    let shortest = Number.POSITIVE_INFINITY
    for (let seat = 0; seat < this.#seatsMax; seat++) {
      const count = this.count(seat)
      for (let index = 0; index < count; index++) {
        shortest = Math.min(shortest, this.read(numberOf(seat, index))?.handlerMs ?? shortest)
      }
    }
    return shortest
  }

  #view(seat: number): { bytes: Buffer; words: Int32Array; doubles: Float64Array } {
    const regionBytes = definitionRegionBytes()
    const start = this.#byteOffset + seat * regionBytes
    return {
      bytes: Buffer.from(this.#memory as ArrayBuffer, start, regionBytes),
      words: new Int32Array(this.#memory, start, regionBytes >> 2),
      doubles: new Float64Array(this.#memory, start, regionBytes >> 3),
    }
  }
}

function numberOf(seat: number, index: number): number {
  return seat * DEFINITIONS_MAX + index + 1
}

/** Whole names only, as many as there is room for. */
function textOf({ name, handlerNames }: DefinitionOutline): string {
  let text = name
  for (const handler of handlerNames) {
    const longer = `${text}\n${handler}`
    if (Buffer.byteLength(longer) > DEFINITION_TEXT_BYTES) break
    text = longer
  }
  return text
}
