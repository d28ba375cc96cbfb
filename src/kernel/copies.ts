/**
 * Port: values as another thread would get them, which is what debug mode makes of all that actors of one thread say to each
 * other. Each of them throws what `OutboundRoute` throws for the same value.
 */
export interface Copies {
  /** The arguments of a message, in which frames stay frames. */
  message(args: readonly unknown[]): unknown[]
  /** The arguments of a new actor. */
  spawn(args: readonly unknown[]): unknown[]
  /** One value that somebody waits for; a refusal calls it `name`. */
  value(value: unknown, name: 'answer' | 'item'): unknown
  /** What was thrown, as far as it can be sent. Never throws. */
  thrown(thrown: unknown): unknown
}
