/** What a thread of the peers that are called, not sent to, can be asked. */
export const callHandlers = {
  answer: (value: number): number => value,
  exit: (): never => process.exit(1),
}
