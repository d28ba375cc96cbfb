import { type ActorRef, implement } from 'troupe'

export interface FragileProtocol {
  answer(value: number): number
  /** Its handler throws: the actor fails. */
  crash(): void
  /** Ends the thread it lives on. */
  exitThread(): void
}

interface NurseProtocol {
  patient(): ActorRef<FragileProtocol>
}

/** Fails on demand. */
export const Fragile = implement<FragileProtocol>()({
  name: 'Fragile',
  module: import.meta.url,
  start: () => undefined,
  on: {
    answer: (_self, value) => value,
    crash() {
      throw new Error('told to fail')
    },
    exitThread() {
      process.exit(1)
    },
  },
})

/** Supervises one fragile child, without backoff, and allows it more failures than a bench makes. */
export const Nurse = implement<NurseProtocol>()({
  name: 'Nurse',
  module: import.meta.url,
  supervise: { restartsMax: 10_000 },
  start: (self, placement: 'here' | 'pinned') => ({
    child: self.spawn(Fragile, [], { name: 'patient', placement }),
  }),
  on: {
    patient: (self) => self.state.child,
  },
})
