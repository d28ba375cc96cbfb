import { defineActor } from 'troupe'
import { Greeter } from './greeter.actor.ts'

/** Has very many idle children on its own thread. */
export const Nursery = defineActor({
  name: 'Nursery',
  module: import.meta.url,
  start: () => undefined,
  on: {
    /** Answers how many there are when the last one has started. */
    async populate(self, count: number): Promise<number> {
      for (let index = 1; index < count; index++) self.spawn(Greeter, [index])
      await self.spawn(Greeter, [0]).ready()
      return count
    },
  },
})
