/** A message of the programs for actor libraries that pass one object: what it is, and a few values. */
export interface LocalMessage {
  readonly type: string
  readonly value?: number
  readonly from?: unknown
  readonly data?: unknown
}

/** `self` is the address of the actor itself. A promise holds up its next message. */
export type LocalHandler<Ref> = (message: LocalMessage, self: Ref) => void | Promise<void>

/** What a library has to offer for the programs of one thread: actors that are functions, and a one-way send. */
export interface LocalKit<Ref> {
  spawn(handler: LocalHandler<Ref>): Ref
  send(ref: Ref, message: LocalMessage): void
  stop(ref: Ref): void
}

/** A library that has questions with answers too. The actor asked answers to `message.from` with `value`. */
export interface AskingKit<Ref> extends LocalKit<Ref> {
  ask(ref: Ref, type: string, value: number): Promise<number>
}
