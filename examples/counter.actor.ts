import { defineActor } from 'troupe'

/** Adds up. The total dies with the actor: a restarted counter starts at `from` again. */
export const Counter = defineActor({
  name: 'Counter',
  module: import.meta.url,
  start: (_self, from: number) => ({ total: from }),
  on: {
    add(self, by: number) {
      self.state.total += by
    },
    total: (self) => self.state.total,
    async *countdown(self) {
      while (self.state.total > 0) yield self.state.total--
    },
    fail(): void {
      throw new Error('no more')
    },
  },
})
