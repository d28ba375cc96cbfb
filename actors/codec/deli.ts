import { taggedEnum, unitEnum } from './deli-enum.ts'
import { bool, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 } from './deli-scalars.ts'
import { struct, tuple, unit } from './deli-struct.ts'
import { string } from './deli-text.ts'
import { vec } from './deli-vec.ts'

/** The types of the deli encoding: `const { struct, u32, vec } = deli`. All that there is upstream, and nothing beyond. */
export const deli = Object.freeze({
  bool,
  u8,
  u16,
  u32,
  u64,
  i8,
  i16,
  i32,
  i64,
  f32,
  f64,
  string,
  vec,
  struct,
  tuple,
  unit,
  unitEnum,
  taggedEnum,
})
