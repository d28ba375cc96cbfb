import { implement, systemClock } from 'troupe'

export interface SaboteurProtocol {
  /** Ends the thread that it lives on, from inside. */
  strike(manner: 'exit' | 'loop'): void
}

/** An endless loop ends by itself after so long, should nobody notice it. Milliseconds. */
const LOOP_MS_MAX = 60_000

/** Does to its thread what a bug in a handler would: there is one on each worker thread. */
export const Saboteur = implement<SaboteurProtocol>()({
  name: 'Saboteur',
  module: import.meta.url,
  start: () => undefined,
  on: {
    strike(_self, manner) {
      if (manner === 'exit') process.exit(1)
      const endMs = systemClock.nowMs() + LOOP_MS_MAX
      while (systemClock.nowMs() < endMs) {
        // until the watchdog ends this thread
      }
    },
  },
})
