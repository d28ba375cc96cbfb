import { TroupeError, troupeErrorClasses } from '../base/errors.ts'
import { boundedCopy, type CopyBudget, cutText, placeholder, TEXT_KEPT_MAX } from './bounded-copy.ts'
import type { ValueReader } from './value-reader.ts'
import * as tags from './value-tags.ts'
import type { ValueWriter } from './value-writer.ts'

/** What one error takes along, its causes included, before the rest of it is cut. Bytes, roughly. */
const ERROR_BYTES_MAX = 16_384
const TEXT_LEFT_MIN = 200
const PROPERTIES_MAX = 100
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
  if (Object.hasOwn(error, 'cause')) writeProperty(error, 'cause', budget, writer)
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
    const value = reader.value()
    Object.defineProperty(error, key, { value, enumerable: !ownKeys.has(key), writable: true, configurable: true })
  }
  return error
}

/**
 * Appends to the stack of an error that came from elsewhere a line that says so, and the frames of the place that had
 * sent it there: `localStack` is the `stack` of an Error made there. Answers `thrown`; what is no Error stays as it is.
 */
export function stitchStack(thrown: unknown, where: string, localStack: string | undefined): unknown {
  if (!(thrown instanceof Error)) return thrown
  const firstFrame = localStack?.indexOf('\n    at ') ?? -1
  const frames = firstFrame === -1 ? '' : localStack!.slice(firstFrame)
  const value = `${thrown.stack ?? `${thrown.name}: ${thrown.message}`}\n    -- ${where} --${frames}`
  Object.defineProperty(thrown, 'stack', { value, enumerable: false, writable: true, configurable: true })
  return thrown
}

/** What was thrown, an Error or anything else, as a value that is sure to be sendable and not large. */
export function sendableThrown(thrown: unknown): unknown {
  return boundedCopy(thrown, { left: ERROR_BYTES_MAX })
}

function classOf(error: Error): number {
  for (let object: object | null = error; object !== null; object = Object.getPrototypeOf(object)) {
    const index = classByPrototype.get(object)
    // Of another realm (node:vm), Error.prototype is not ours: then the name decides.
    if (index !== undefined) return index
  }
  return classByName.get(error.name) ?? 0
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
  let value: unknown
  try {
    value = error[key]
  } catch {
    value = undefined
  }
  const text = typeof value === 'string' ? value : value === undefined ? '' : placeholder(value)
  const kept = cutText(text, Math.max(TEXT_LEFT_MIN, Math.min(TEXT_KEPT_MAX, budget.left)))
  budget.left -= kept.length
  return kept
}

function writeOwnProperties(error: Error, budget: CopyBudget, writer: ValueWriter): void {
  if (Object.hasOwn(error, 'errors')) writeProperty(error, 'errors', budget, writer)
  for (const key of Object.keys(error).slice(0, PROPERTIES_MAX)) {
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
