import { defineActor } from 'troupe'

/** Adds up, until somebody makes it end its whole thread. */
export const Fragile = defineActor({
  name: 'Fragile',
  module: import.meta.url,
  start: () => ({ total: 0 }),
  on: {
    add(self, by: number) {
      self.state.total += by
    },
    total: (self) => self.state.total,
    die(): void {
      process.exit(1)
    },
  },
})
