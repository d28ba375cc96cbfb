import { defineActor } from 'troupe'

/** Answers what it was asked. */
export const Answerer = defineActor({
  name: 'Answerer',
  module: import.meta.url,
  start: () => undefined,
  on: {
    answer: (_self, value: number): number => value,
  },
})
