import { defineActor } from 'troupe'
import type { Refusal, ReliableMessage } from 'troupe/actors'

/** Switches as it is told, and refuses what it does not know. Its answer acknowledges the message. */
export const Lamp = defineActor({
  name: 'Lamp',
  module: import.meta.url,
  start: () => ({ isOn: false, switched: 0 }),
  on: {
    deliver({ state }, { payload }: ReliableMessage): Refusal | undefined {
      const order = Buffer.from(payload).toString()
      if (order !== 'on' && order !== 'off') return { rejected: `no such order: ${order}` }
      state.isOn = order === 'on'
      state.switched++
      return undefined
    },
    switched: ({ state }) => state.switched,
  },
})
