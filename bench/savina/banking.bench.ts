import { Teller } from '../actors/savina/banking.actor.ts'
import { ONCE } from './once.ts'
import { savinaProgram } from './savina-program.ts'
import { transfersOf } from './transfers.ts'

export const { spec: banking, works } = savinaProgram('banking', import.meta.url, {
  /** The checksum is the sum of the amounts that were booked. */
  expected({ accounts, transfers }) {
    let checksum = 0
    for (const { amount } of transfersOf(accounts, transfers)) checksum += amount
    return { counted: transfers, checksum }
  },
  run({ system, gate, reported }, { accounts, transfers }) {
    system.spawn(Teller, [gate, accounts, transfers], ONCE).tell.begin()
    return reported()
  },
})
