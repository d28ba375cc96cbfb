const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const REPLACEMENT = '\ufffd'

/** Offset in bytes of the first byte that cannot stand there in UTF-8; undefined if there is none. */
export function utf8FaultAt(bytes: Uint8Array): number | undefined {
  const text = decoder.decode(bytes)
  let offset = 0
  let index = 0
  for (let next = text.indexOf(REPLACEMENT); next >= 0; next = text.indexOf(REPLACEMENT, index)) {
    // What stands before it was valid, so it has as many bytes as were read for it.
    offset += Buffer.byteLength(text.slice(index, next))
    const isReal = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd
    if (!isReal) return offset
    offset += 3
    index = next + 1
  }
  return undefined
}

/**
 * Index in `text` of the first character that cannot stand there in JSON, `text.length` where more must follow; undefined if the
 * text is one JSON value. The engine's own messages name a place only sometimes.
 */
export function jsonFaultAt(text: string): number | undefined {
  const walk = new JsonWalk(text)
  return walk.isOneValue() ? undefined : walk.at
}

const SPACE = /[ \t\n\r]*/y
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Each method moves `at` over what it expects there; answers false, `at` being the fault, where that is not there. */
class JsonWalk {
  at = 0
  readonly #text: string
  /** The brackets that close what is open: no recursion, whatever the depth. */
  readonly #open: string[] = []

  constructor(text: string) {
    this.#text = text
  }

  isOneValue(): boolean {
    this.#skip(SPACE)
    do {
      if (!this.#beginValue()) return false
    } while (this.#hasMore())
    return this.#open.length === 0 && this.at === this.#text.length
  }

  /** As far as the end of the next value that has no others inside it. */
  #beginValue(): boolean {
    for (;;) {
      const first = this.#text[this.at]
      if (first === '"') return this.#string()
      if (first !== '{' && first !== '[') return this.#skip(SCALAR)
      const close = first === '{' ? '}' : ']'
      this.at++
      this.#skip(SPACE)
      if (this.#take(close)) return true
      this.#open.push(close)
      if (close === '}' && !this.#key()) return false
    }
  }

  /** Closes what ends here, and answers whether another value must follow. */
  #hasMore(): boolean {
    for (;;) {
      this.#skip(SPACE)
      const close = this.#open.at(-1)
      if (close === undefined) return false
      if (this.#take(',')) {
        this.#skip(SPACE)
        return close === ']' || this.#key()
      }
      if (!this.#take(close)) return false
      this.#open.pop()
    }
  }

  #key(): boolean {
    if (this.#text[this.at] !== '"' || !this.#string()) return false
    this.#skip(SPACE)
    if (!this.#take(':')) return false
    this.#skip(SPACE)
    return true
  }

  #string(): boolean {
    this.at++
    while (this.at < this.#text.length) {
      const char = this.#text[this.at]!
      if (char < ' ') return false
      if (this.#take('"')) return true
      if (char !== '\\') this.at++
      else if (!this.#skip(ESCAPE)) return false
    }
    return false
  }

  #take(char: string): boolean {
    if (this.#text[this.at] !== char) return false
    this.at++
    return true
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.#text)) return false
    this.at = pattern.lastIndex
    return true
  }
}
