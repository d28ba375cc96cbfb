import { TroupeError } from '../base/errors.ts'

/**
 * What an asker hears instead of an answer or an item that cannot be sent: the same error, which says what is wrong with the
 * value, and also who is to blame (`'total' of /counter`). The actor itself goes on: it has done its work.
 */
export function unsendable(error: unknown, who: string): unknown {
  if (!(error instanceof TroupeError)) return error
  const ErrorClass = error.constructor as new (code: string, message: string, options?: ErrorOptions) => TroupeError
  const message = `${who} answered what cannot be sent: ${error.message}`
  return new ErrorClass(error.code, message, error.cause === undefined ? undefined : { cause: error.cause })
}
