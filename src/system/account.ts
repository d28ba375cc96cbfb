import type { DeadLetterReason } from '../kernel/dead-letters.ts'
import { deadLetterReasons } from '../kernel/dead-letters.ts'
import { ARRIVED, DEAD_LETTERED, HANDLED } from '../kernel/directory.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** What became of all messages. At rest `sent` = `handled` + `deadLettered` + `lost` + `queued`. */
export interface MessageAccount {
  readonly sent: number
  readonly handled: number
  readonly deadLettered: number
  /** With their actors when a thread died. They are among `deadLettersByReason['thread-lost']`, not in `deadLettered`. */
  readonly lost: number
  /** In mailboxes, stashes and handlers, as each thread counts them itself. */
  readonly queued: number
  readonly deadLettersByReason: Readonly<Record<DeadLetterReason, number>>
  /** Whether the sum is right. While messages are on their way it need not be. */
  readonly isExact: boolean
}

/** Reads the accounts of all actors, those that ended included, out of shared memory. */
export function readAccount(memory: SystemMemory, queued: number): MessageAccount {
  const { directory } = memory
  let sent = 0
  let handled = 0
  let deadLettered = 0
  let lost = 0
  directory.forEach((slot) => {
    const index = directory.accountIndex(slot)
    sent += directory.accounts[index + ARRIVED] as number
    handled += directory.accounts[index + HANDLED] as number
    deadLettered += directory.accounts[index + DEAD_LETTERED] as number
  })
  for (let seat = 0; seat < memory.options.seatsMax; seat++) {
    const settled = directory.settled(seat)
    sent += settled.arrived
    handled += settled.handled
    deadLettered += settled.deadLettered
    lost += settled.lost
  }
  const isExact = sent === handled + deadLettered + lost + queued
  return { sent, handled, deadLettered, lost, queued, deadLettersByReason: readReasons(memory), isExact }
}

function readReasons(memory: SystemMemory): Record<DeadLetterReason, number> {
  const byReason = {} as Record<DeadLetterReason, number>
  for (const reason of deadLetterReasons) {
    byReason[reason] = 0
    for (let seat = 0; seat < memory.options.seatsMax; seat++) {
      byReason[reason] += memory.counters(seat).get(`dead-letters-${reason}`)
    }
  }
  return byReason
}
