import { type ActorRef, defineActor } from 'troupe'
import type { Outcome } from '../harness/bench-case.ts'
import { latenciesOf } from '../harness/measure.ts'
import type { FragileProtocol } from './fragile.actor.ts'

/** Measures on the thread of the actor that it makes fail. */
export const RestartTester = defineActor({
  name: 'RestartTester',
  module: import.meta.url,
  start: () => undefined,
  on: {
    /** From the message that makes the patient fail until it has answered again. */
    test(self, patient: ActorRef<FragileProtocol>, restarts: number): Promise<Outcome> {
      const ask = self.ask(patient)
      return latenciesOf(restarts, async (index) => {
        patient.tell.crash()
        const answer = await ask.answer(index)
        if (answer !== index) throw new Error(`asked for ${index}, got ${answer}`)
      })
    },
  },
})
