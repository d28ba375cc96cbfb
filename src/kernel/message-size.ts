import type { ActorCell } from './actor-cell.ts'
import { ARGUMENTS_IN_ARRAY, messageArguments } from './facade.ts'
import { isFrame } from './frame.ts'
import { MESSAGE_BYTES } from './mailbox.ts'

/** Whether a value counts for nothing in a mailbox beyond what every message counts for. */
export function isSmall(value: unknown): boolean {
  // Most arguments are numbers or missing: two comparisons instead of two calls.
  if (typeof value === 'number' || value === undefined) return true
  return typeof value !== 'string' && !ArrayBuffer.isView(value) && !isFrame(value)
}

/** Bytes that a message counts for in the mailbox of `cell`. */
export function bytesOf(cell: ActorCell, code: number, a: unknown, b: unknown): number {
  if (cell.definition.sizeOf !== undefined) return sizeByDefinition(cell, messageArguments(code, a, b))
  let bytes = MESSAGE_BYTES
  // Numbers, booleans and plain objects are not looked at further: 64 bytes stand for them.
  if (typeof a === 'string') bytes += a.length
  else if (typeof a === 'object' && a !== null) bytes += bytesOfObject(code, a)
  if (typeof b === 'string') bytes += b.length
  else if (typeof b === 'object' && ArrayBuffer.isView(b)) bytes += b.byteLength
  return bytes
}

function bytesOfObject(code: number, a: object): number {
  if (ArrayBuffer.isView(a)) return a.byteLength
  if ((code & 3) !== ARGUMENTS_IN_ARRAY) return 0
  let bytes = 0
  for (const argument of a as unknown[]) {
    if (typeof argument === 'string') bytes += argument.length
    else if (ArrayBuffer.isView(argument)) bytes += argument.byteLength
  }
  return bytes
}

/** A definition that cannot say how large a message is must not fail the sender. */
function sizeByDefinition({ definition, kernel, path }: ActorCell, args: readonly unknown[]): number {
  try {
    const bytes = definition.sizeOf?.(args)
    if (typeof bytes === 'number' && bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return bytes
    kernel.log.error({ path }, `sizeOf must answer a number of bytes, got ${String(bytes)}`)
  } catch (error) {
    kernel.log.error({ path, err: error }, 'sizeOf failed')
  }
  return MESSAGE_BYTES
}
