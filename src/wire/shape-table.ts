import { encodeKeys, type KeyBlock } from './key-block.ts'

/** Most shapes that one table knows. Count; a u16 names a shape in a message. */
const SHAPES_MAX = 4_096
/** An object with more keys keeps the rest of them inline. Count. */
const KEYS_MAX = 64
/** Longer keys are taken for data and stay inline. Characters. */
const KEY_LENGTH_MAX = 64
/** More different keys after the same beginning are taken for data: the object is a dictionary. Count. */
const BRANCHES_MAX = 64
const ROOT_BRANCHES_MAX = 1_024
const NAMES_MAX = 1_024
const NAME_LENGTH_MAX = 1_024
/** Objects that found a full table before it is emptied: what fills it may be what a program sent at its start. Count. */
const MISSES_MAX = 10_000

/** One list of keys, in order: a node of a tree in which each step is one more key. */
export class Shape {
  readonly parent: Shape | null
  readonly key: string
  readonly depth: number
  readonly branchesMax: number
  /** The branch taken last. Most places in a program send one kind of object. */
  recentKey: string | null = null
  recent: Shape | null = null
  branches: Map<string, Shape> | null = null
  /** What a message carries to name these keys; made when first needed. */
  block: KeyBlock | null = null
  /** The message that used this shape last, and the shape's index in it. */
  message = -1
  index = 0

  constructor(parent: Shape | null, key: string) {
    this.parent = parent
    this.key = key
    this.depth = parent === null ? 0 : parent.depth + 1
    this.branchesMax = parent === null ? ROOT_BRANCHES_MAX : BRANCHES_MAX
  }

  keys(): string[] {
    const keys: string[] = []
    for (let shape: Shape = this; shape.parent !== null; shape = shape.parent) keys.push(shape.key)
    return keys.reverse()
  }

  keyBlock(): KeyBlock {
    this.block ??= encodeKeys(this.keys())
    return this.block
  }
}

/**
 * The shapes that one encoder has seen, so that the keys of an object are encoded once and copied as a block from then
 * on. It holds at most `SHAPES_MAX` shapes; keys that find no place travel inline, which is slower and never wrong.
 */
export class ShapeTable {
  root = new Shape(null, '')
  #count = 0
  #misses = 0
  readonly #names = new Map<string, Shape>()

  /** Between messages only: empties a table that has been too full for a while. Shapes that a message uses keep their place. */
  settle(): void {
    if (this.#misses < MISSES_MAX) return
    this.root = new Shape(null, '')
    this.#names.clear()
    this.#count = 0
    this.#misses = 0
  }

  /** `shape` and then `key`; null if that has no place in the table. The caller has compared `recentKey` already. */
  extend(shape: Shape, key: string): Shape | null {
    const known = shape.branches === null ? undefined : shape.branches.get(key)
    const next = known ?? this.#grow(shape, key)
    if (next !== null) {
      shape.recentKey = key
      shape.recent = next
    }
    return next
  }

  /** A block of one key for a string that messages repeat; null if the table is full. */
  name(name: string): Shape | null {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    if (this.#names.size >= NAMES_MAX) return this.#miss()
    if (name.length > NAME_LENGTH_MAX) return null
    const shape = new Shape(new Shape(null, ''), name)
    this.#names.set(name, shape)
    return shape
  }

  #grow(shape: Shape, key: string): Shape | null {
    if (this.#count >= SHAPES_MAX) return this.#miss()
    if (shape.depth >= KEYS_MAX || key.length > KEY_LENGTH_MAX) return null
    shape.branches ??= new Map()
    if (shape.branches.size >= shape.branchesMax) return null
    const next = new Shape(shape, key)
    shape.branches.set(key, next)
    this.#count++
    return next
  }

  #miss(): null {
    this.#misses++
    return null
  }
}
