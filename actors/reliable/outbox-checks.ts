import { CapacityError, UsageError } from 'troupe'
import { ID_BYTES } from './outbox-record.ts'

/** Throws `invalid-value` for what no entry can be. */
export function checkEntry(sequence: number, lastSequence: number, id: Uint8Array, flags: number): void {
  if (!(Number.isSafeInteger(sequence) && sequence > lastSequence)) {
    throw invalid('sequence', `whole and larger than ${lastSequence}`, sequence)
  }
  if (id.length !== ID_BYTES) throw invalid('id', `of ${ID_BYTES} bytes`, `${id.length} bytes`)
  if (!(Number.isInteger(flags) && flags >= 0 && flags <= 255)) throw invalid('flags', 'whole, from 0 to 255', flags)
}

export function closedOutbox(): UsageError {
  return new UsageError('outbox-closed', 'the outbox was closed')
}

/** @param limit which one is reached */
export function fullOutbox(limit: string): CapacityError {
  return new CapacityError('outbox-full', `the outbox is full: ${limit}`)
}

function invalid(name: string, range: string, value: unknown): UsageError {
  return new UsageError('invalid-value', `outbox: ${name} must be ${range}, got ${String(value)}`)
}
