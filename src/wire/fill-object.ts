/** Where the values come from: each call answers the next one. */
interface ValueSource {
  value(): unknown
}

type Target = Record<string, unknown>
/** Assigns the next values to `keys`, in order. */
export type FillObject = (target: Target, keys: readonly string[], source: ValueSource) => void

/** Objects of a shape before it gets a filler of its own. Count. */
export const USES_BEFORE_OWN_FILLER = 200

/** For any shape. */
export function fillAny(target: Target, keys: readonly string[], source: ValueSource): void {
  for (let i = 0; i < keys.length; i++) target[keys[i]!] = source.value()
}

/**
 * The filler for a shape that is common: one of its own while there are any left, the same one each time for the same keys. The
 * engine remembers at each place in the code which key was assigned there to which layout of object. While that is one, an assignment
 * costs 3 ns instead of 14; so the places are multiplied, by writing the same function as often as shapes shall profit from it.
 */
export function fillerFor(keys: readonly string[]): FillObject {
  // Dictionaries have no keys that are known beforehand.
  if (keys.length === 0) return fillAny
  const name = JSON.stringify(keys)
  const known = takenFillers.get(name)
  if (known !== undefined) return known
  const filler = fillers[takenFillers.size]
  if (filler === undefined) return fillAny
  takenFillers.set(name, filler)
  return filler
}

/** By keys; holds as many as there are fillers. */
const takenFillers = new Map<string, FillObject>()

const fillers: readonly FillObject[] = [
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
  (target, keys, source) => {
    const count = keys.length
    if (count > 0) target[keys[0]!] = source.value()
    if (count > 1) target[keys[1]!] = source.value()
    if (count > 2) target[keys[2]!] = source.value()
    if (count > 3) target[keys[3]!] = source.value()
    if (count > 4) target[keys[4]!] = source.value()
    if (count > 5) target[keys[5]!] = source.value()
    if (count > 6) target[keys[6]!] = source.value()
    if (count > 7) target[keys[7]!] = source.value()
    for (let i = 8; i < count; i++) target[keys[i]!] = source.value()
  },
]
