import fc from 'fast-check'

const bytes = fc.uint8Array({ maxLength: 40 })
const exactBuffer = (data: Uint8Array): ArrayBuffer => new Uint8Array(data).buffer
const wholeBuffer = (data: Uint8Array, elementBytes: number): ArrayBuffer =>
  exactBuffer(data.subarray(0, data.length - (data.length % elementBytes)))

const numbers = fc.oneof(
  fc.integer(),
  fc.integer({ min: -200, max: 200 }),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 2 ** 53, 127, 128),
)
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 300 }),
  // Any sequence of 16-bit units, so also halves of surrogate pairs.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', 'é', 'ÿ', 'Ā', '日本', '\ud800', 'x\udfff', '\0', 'a'.repeat(63), 'a'.repeat(64)),
)
const keys = fc.oneof(
  fc.constantFrom('op', 'seq', 'name', 'at', '__proto__', 'constructor', 'toJSON', 'then', '0', '1', ''),
  texts,
)
const bigints = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 700n), max: 2n ** 700n }),
  fc.constantFrom(0n, 2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n) - 1n),
)
const binaries = fc.oneof(
  bytes,
  bytes.map((data) => Buffer.from(exactBuffer(data))),
  bytes.map(exactBuffer),
  bytes.map((data) => new DataView(exactBuffer(data))),
  bytes.map((data) => new Uint8ClampedArray(data)),
  bytes.map((data) => new Int8Array(data)),
  bytes.map((data) => new Uint16Array(wholeBuffer(data, 2))),
  bytes.map((data) => new Int16Array(wholeBuffer(data, 2))),
  bytes.map((data) => new Uint32Array(wholeBuffer(data, 4))),
  bytes.map((data) => new Int32Array(wholeBuffer(data, 4))),
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
  bytes.map((data) => new BigUint64Array(wholeBuffer(data, 8))),
  bytes.map((data) => new BigInt64Array(wholeBuffer(data, 8))),
)
// The flag v, which the compiler's target does not know as a literal.
const unicodeSets = 'v'
const expressions = fc.constantFrom(/a+b/giu, /^$/, /\/\n/s, /[\]é日]/y, new RegExp('x', unicodeSets), /(?:)/)

/** Objects made property by property, so that a key `__proto__` is a key. */
const objectOf = (entries: readonly (readonly [string, unknown])[], prototype: object | null): object => {
  const object = Object.create(prototype)
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  }
  return object
}

const { value } = fc.letrec((tie) => {
  const entries = fc.array(fc.tuple(keys, tie('value')), { maxLength: 6 })
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(undefined, null, true, false),
      numbers,
      texts,
      bigints,
      fc.date({ noInvalidDate: true }),
      expressions,
      binaries,
      fc.array(tie('value'), { maxLength: 6 }),
      fc.sparseArray(tie('value'), { maxNumElements: 4, maxLength: 40 }),
      entries.map((pairs) => objectOf(pairs, Object.prototype)),
      entries.map((pairs) => objectOf(pairs, null)),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
      fc.array(tie('value'), { maxLength: 4 }).map((elements) => new Set(elements)),
    ),
  }
})

/** Any tree of values that a message can carry, but errors and references. */
export const sendableValues: fc.Arbitrary<unknown> = value
