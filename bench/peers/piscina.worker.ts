import { callHandlers } from './call-handlers.ts'

/** A task names what is called, and with which number. */
export interface CallTask {
  readonly call: keyof typeof callHandlers
  readonly value: number
}

export default function run({ call, value }: CallTask): number {
  return callHandlers[call](value)
}
