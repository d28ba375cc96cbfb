import { types } from 'node:util'
import { TroupeError, troupeErrorClasses, UsageError } from '../base/errors.ts'
import { boundedCopy, type CopyBudget, cutText, placeholder, TEXT_KEPT_MAX } from './bounded-copy.ts'
import type { ValueReader } from './value-reader.ts'
import * as tags from './value-tags.ts'
import type { ValueWriter } from './value-writer.ts'

/** What one error takes along, its causes included, before the rest of it is cut. Bytes, roughly. */
const ERROR_BYTES_MAX = 16_384
const TEXT_LEFT_MIN = 200
const PROPERTIES_MAX = 100
/** Less says nothing. Characters. */
const BRIEF_CHARACTERS_MIN = 64
/** Of the message that a stack begins with. Characters. */
const HEADER_TEXT_MAX = 1_000
/** An error nested in so much else comes as one line: its causes would pass the depth limit of a message. Levels. */
const NESTING_MAX = 450

type MakeError = (message: string, name: string) => Error

/** The classes that an error keeps on its way. The order is the wire format: append only. */
const classes: readonly (readonly [prototype: object, make: MakeError])[] = [
  [Error.prototype, (message) => new Error(message)],
  [TypeError.prototype, (message) => new TypeError(message)],
  [RangeError.prototype, (message) => new RangeError(message)],
  [SyntaxError.prototype, (message) => new SyntaxError(message)],
  [ReferenceError.prototype, (message) => new ReferenceError(message)],
  [EvalError.prototype, (message) => new EvalError(message)],
  [URIError.prototype, (message) => new URIError(message)],
  [AggregateError.prototype, (message) => new AggregateError([], message)],
  [DOMException.prototype, (message, name) => new DOMException(message, name)],
  // Their code is an own property and follows as one.
  ...[TroupeError, ...Object.values(troupeErrorClasses)].map(
    (TroupeClass) => [TroupeClass.prototype, (message: string) => new TroupeClass('', message)] as const,
  ),
]
const classByPrototype = new Map(classes.map(([prototype], index) => [prototype, index]))
const classByName = new Map(classes.slice(0, 9).map(([prototype], index) => [prototype.constructor.name, index]))

const ownKeys = new Set(['name', 'message', 'stack', 'cause', 'errors'])

/**
 * Never refuses: what an error carries and cannot be sent arrives as a string that shows it, and what is too long is
 * cut. Own enumerable properties, `cause` and `errors` travel; an unknown class arrives as its nearest known ancestor
 * with the name kept.
 */
export function writeError(error: Error, writer: ValueWriter): void {
  const isOutermost = writer.errorStart === -1
  if (isOutermost) writer.errorStart = writer.position
  const left = ERROR_BYTES_MAX - (writer.position - writer.errorStart)
  const budget: CopyBudget = { left }
  writer.byte(tags.ERROR)
  writer.byte(classOf(error))
  writer.text(readText(error, 'name', budget))
  writer.text(readText(error, 'message', budget))
  writer.text('stack')
  writer.text(readText(error, 'stack', budget))
  if (hasOwn(error, 'cause')) writeProperty(error, 'cause', budget, writer)
  if (left > 0) writeOwnProperties(error, budget, writer)
  writer.byte(tags.END)
  if (isOutermost) writer.errorStart = -1
}

/** Right after the tag. The error exists, and is counted as an object, before its properties, which may refer to it. */
export function readError(reader: ValueReader): Error {
  const classIndex = reader.byte()
  const name = reader.text()
  const message = reader.text()
  const error = makeError(classIndex, name, message)
  if (error === undefined) throw reader.bad(`no error class ${classIndex}`)
  reader.register(error)
  while (!reader.takeEnd()) {
    const key = reader.text()
    setProperty(error, key, reader.value())
  }
  return error
}

/** Ever less of what was thrown: a value that is sure to be sendable, and one that is small enough for any ring as well. */
export const lighterThrown: readonly ((thrown: unknown, bytesMax: number) => unknown)[] = Object.freeze([
  sendableThrown,
  // A character may take two bytes, and half of the room is left to all else.
  (thrown: unknown, bytesMax: number) => briefThrown(thrown, Math.max(bytesMax >> 2, BRIEF_CHARACTERS_MIN)),
])

/**
 * What was thrown, an Error or anything else, as a value that is sure to be sendable and not large. A function, a symbol or an
 * instance of a class, of which one line is left, comes as an error that has the line.
 */
export function sendableThrown(thrown: unknown): unknown {
  const copy = boundedCopy(thrown, { left: ERROR_BYTES_MAX })
  return typeof copy === 'string' && typeof thrown !== 'string' ? shownThrown(copy) : copy
}

function shownThrown(line: string): Error {
  const error = new UsageError('not-sendable', `what was thrown cannot be sent: ${line}`)
  setProperty(error, 'stack', `${error.name}: ${error.message}`) // the frames of this function would mislead
  return error
}

/**
 * What was thrown where there is hardly any room: class, name, code and the beginning of message and stack. Its strings have
 * at most `charactersMax` characters together.
 */
function briefThrown(thrown: unknown, charactersMax: number): unknown {
  if (typeof thrown === 'string') return thrown.slice(0, charactersMax)
  if (!isError(thrown)) return briefThrown(shownThrown(placeholder(thrown)), charactersMax)
  let left = charactersMax
  const part = (text: string, share: number): string => {
    const kept = text.slice(0, Math.floor(left * share))
    left -= kept.length
    return kept
  }
  const textOfKey = (key: 'name' | 'message' | 'stack'): string => readText(thrown, key, { left: TEXT_KEPT_MAX })
  const name = part(textOfKey('name'), 0.5)
  const code = readProperty(thrown, 'code')
  const keptCode = typeof code === 'string' ? part(code, 0.5) : code
  const stack = textOfKey('stack')
  const brief = makeError(classOf(thrown), name, part(textOfKey('message'), stack === '' ? 1 : 0.6)) as Error
  const set = (key: string, value: unknown): void => setProperty(brief, key, value)
  set('stack', part(stack, 1))
  if (typeof keptCode === 'string' || typeof keptCode === 'number') set('code', keptCode)
  if (readProperty(thrown, 'retryable') === false) set('retryable', false)
  return brief
}

function classOf(error: Error): number {
  try {
    for (let object: object | null = error; object !== null; object = Object.getPrototypeOf(object)) {
      const index = classByPrototype.get(object)
      // Of another realm (node:vm), Error.prototype is not ours: then the name decides.
      if (index !== undefined) return index
    }
    return classByName.get(error.name) ?? 0
  } catch {
    return 0 // a proxy
  }
}

function hasOwn(error: Error, key: string): boolean {
  try {
    return Object.hasOwn(error, key)
  } catch {
    return false
  }
}

function keysOf(error: Error): readonly string[] {
  try {
    return Object.keys(error)
  } catch {
    return []
  }
}

function makeError(classIndex: number, name: string, message: string): Error | undefined {
  const make = classes[classIndex]?.[1]
  if (make === undefined) return undefined
  // The stack comes with the message: capturing one here would cost more than all the rest.
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = make(message, name)
  Error.stackTraceLimit = limit
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true })
  return error
}

function readText(error: Error, key: 'name' | 'message' | 'stack', budget: CopyBudget): string {
  let text: string
  try {
    text = key === 'stack' ? stackOf(error) : textOf(error[key])
  } catch {
    text = ''
  }
  const kept = cutText(text, Math.max(TEXT_LEFT_MIN, Math.min(TEXT_KEPT_MAX, budget.left)))
  budget.left -= kept.length
  return kept
}

function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false
  }
}

function readProperty(error: Error, key: string): unknown {
  try {
    return Reflect.get(error, key)
  } catch {
    return undefined
  }
}

function setProperty(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: !ownKeys.has(key), writable: true, configurable: true })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : placeholder(value)
}

/** A stack begins with the message: a long one is cut there too, or no frame would be left. */
function stackOf(error: Error): string {
  const stack = textOf(error.stack)
  const { message } = error
  const at = typeof message === 'string' && message.length > HEADER_TEXT_MAX ? stack.indexOf(message) : -1
  return at === -1 ? stack : stack.slice(0, at) + cutText(message, HEADER_TEXT_MAX) + stack.slice(at + message.length)
}

function writeOwnProperties(error: Error, budget: CopyBudget, writer: ValueWriter): void {
  if (hasOwn(error, 'errors')) writeProperty(error, 'errors', budget, writer)
  for (const key of keysOf(error).slice(0, PROPERTIES_MAX)) {
    if (!ownKeys.has(key) && key.length <= TEXT_LEFT_MIN) writeProperty(error, key, budget, writer)
  }
}

function writeProperty(error: Error, key: string, budget: CopyBudget, writer: ValueWriter): void {
  // What has no room left would come without its causes: as one line it says more.
  const isCrowded = budget.left <= 0 || writer.depth > NESTING_MAX
  let value: unknown
  try {
    value = boundedCopy(Reflect.get(error, key), budget)
  } catch (thrown) {
    value = `[threw ${placeholder(thrown)}]`
  }
  writer.text(key)
  writer.value(isCrowded ? shortened(value) : value)
}

function shortened(value: unknown): unknown {
  if (!(value instanceof Error)) return typeof value === 'object' ? placeholder(value) : value
  return `${readText(value, 'name', { left: 0 })}: ${readText(value, 'message', { left: 0 })}`
}
