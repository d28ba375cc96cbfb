/**
 * The class says who must act, the code says what happened. Code is matched across threads by `error.code`; `instanceof`
 * works there too, because the wire rebuilds these five classes by name. Codes are listed in docs/reference/errors.md.
 */
export class TroupeError extends Error {
  /** Stable, kebab-case. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** The calling program is wrong: its developer must act. */
export class UsageError extends TroupeError {}

/** Something bounded is full: the caller slows down, drops or tries again. */
export class CapacityError extends TroupeError {}

/** A peer or an actor is gone or silent: the supervisor acts. */
export class UnreachableError extends TroupeError {}

/** A peer sent bytes that break the protocol: the link is closed. */
export class ProtocolError extends TroupeError {}

/** Our own bug: the thread crashes and is started again. */
export class InvariantError extends TroupeError {}

/** The classes that keep their identity across threads, by name. */
export const troupeErrorClasses = Object.freeze({
  UsageError,
  CapacityError,
  UnreachableError,
  ProtocolError,
  InvariantError,
})
