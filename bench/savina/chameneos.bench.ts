import { Mall } from '../actors/savina/chameneos.actor.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'

export const { spec: chameneos, works } = savinaProgram('chameneos', import.meta.url, {
  /** Two creatures take part in each meeting; the checksum says how many of them were asked. */
  expected: ({ creatures, meetings }) => ({ counted: 2 * meetings, checksum: creatures }),
  run({ system, gate, reported }, { creatures, meetings }) {
    system.spawn(Mall, [gate, creatures, meetings], ONCE)
    return reported()
  },
})
