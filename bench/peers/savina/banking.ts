import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import { transfersOf } from '../../savina/transfers.ts'
import type { AskingKit } from '../local-kit.ts'

/** An account that pays asks the other one to book it and handles nothing else until that answered. */
export async function banking<Ref>(
  kit: AskingKit<Ref>,
  { accounts, transfers }: SavinaSize<'banking'>,
): Promise<Tally> {
  const done = deferred<void>()
  let counted = 0
  let checksum = 0
  const bank = Array.from({ length: accounts }, () => spawnAccount(kit))
  const teller = kit.spawn((message, self) => {
    if (message.type === 'go') {
      for (const { from, to, amount } of transfersOf(accounts, transfers)) {
        kit.send(bank[from] as Ref, { type: 'credit', value: amount, data: bank[to], from: self })
      }
      return
    }
    checksum += message.value ?? 0
    if (++counted === transfers) done.resolve()
  })
  kit.send(teller, { type: 'go' })
  await done.promise
  for (const ref of [...bank, teller]) kit.stop(ref)
  return { counted, checksum }
}

function spawnAccount<Ref>(kit: AskingKit<Ref>): Ref {
  const account = { balance: 1_000_000 }
  return kit.spawn(async (message) => {
    const amount = message.value ?? 0
    if (message.type === 'debit') {
      account.balance += amount
      kit.send(message.from as Ref, { type: 'booked', value: amount })
    } else {
      account.balance -= amount
      const booked = await kit.ask(message.data as Ref, 'debit', amount)
      kit.send(message.from as Ref, { type: 'done', value: booked })
    }
  })
}
