/**
 * The first byte of every encoded value. The rest of the table, with the bytes that follow each tag, is in
 * docs/reference/wire-format.md; `test/wire/vectors.json` freezes it.
 *
 *    tag         value                               bytes that follow
 *    00–7f       whole number 0…127                  none
 *    80–bf       string of 0…63 characters <= U+00FF its characters, one byte each
 *    c0–         one of the constants below          see there; `n` is a variable-length count (7 bits a byte)
 */
export const SHORT_TEXT = 0x80
/** Longest string that carries its length in the tag. Characters. */
export const SHORT_TEXT_MAX = 63
export const SMALL_INTEGER_MAX = 127

export const UNDEFINED = 0xc0
export const NULL = 0xc1
export const TRUE = 0xc2
export const FALSE = 0xc3
/** i32. */
export const INT32 = 0xc4
/** f64. */
export const FLOAT64 = 0xc5
/** n characters, then one byte each. */
export const TEXT8 = 0xc6
/** n characters, then two bytes each, little-endian: carries any string, lone surrogates too. */
export const TEXT16 = 0xc7
/** i64. */
export const BIGINT64 = 0xc8
/** Two strings: '' or '-', then the magnitude in hexadecimal digits. */
export const BIGINT = 0xc9
/** f64: milliseconds since 1970, NaN for an invalid date. */
export const DATE = 0xca
/** Two strings: source and flags. */
export const REGEXP = 0xcb
/** n elements; each a value or HOLES. */
export const ARRAY = 0xcc
/** Inside an array only: n elements that are missing. */
export const HOLES = 0xcd
/** n pairs of values. */
export const MAP = 0xce
/** n values. */
export const SET = 0xcf
/** u16 index into the message's shapes, then the value of each key of the shape. */
export const OBJECT = 0xd0
/** As OBJECT, then (string, value) pairs, then END. */
export const OPEN_OBJECT = 0xd1
/** (string, value) pairs, then END: an object without prototype. */
export const BARE_OBJECT = 0xd2
export const END = 0xd3
/** n: the n-th object of this message once more (objects are counted in the order in which they begin). */
export const REFERENCE = 0xd4
/** Kind byte (binary-kinds.ts), n bytes, zeros up to a multiple of 8 from the region's start, the bytes. */
export const BINARY = 0xd5
/** Class byte, name, message, then (string, value) pairs, then END; see error-codec.ts. */
export const ERROR = 0xd6
/** Whatever the `ForeignValues` port wrote. */
export const FOREIGN = 0xd7
