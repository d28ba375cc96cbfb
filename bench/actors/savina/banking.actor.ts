import { type ActorRef, implement } from 'troupe'
import { transfersOf } from '../../savina/transfers.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface AccountProtocol {
  debit(amount: number): number
  credit(amount: number, to: ActorRef<AccountProtocol>, teller: ActorRef<TellerProtocol>): Promise<void>
}

export interface TellerProtocol {
  begin(): void
  done(amount: number): void
}

/** An account that pays asks the other one to book it, and handles nothing else until that answered. */
export const Account = implement<AccountProtocol>()({
  name: 'Account',
  module: import.meta.url,
  start: () => ({ balance: 1_000_000 }),
  on: {
    debit(self, amount) {
      self.state.balance += amount
      return amount
    },
    async credit(self, amount, to, teller) {
      self.state.balance -= amount
      teller.tell.done(await self.ask(to).debit(amount))
    },
  },
})

export const Teller = implement<TellerProtocol>()({
  name: 'Teller',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, accounts: number, transfers: number) => ({
    gate,
    transfers,
    accounts: Array.from({ length: accounts }, () => self.spawn(Account, [])),
    counted: 0,
    checksum: 0,
  }),
  on: {
    begin(self) {
      const { accounts, transfers } = self.state
      for (const { from, to, amount } of transfersOf(accounts.length, transfers)) {
        const source = accounts[from] as ActorRef<AccountProtocol>
        const result = source.tell.credit(amount, accounts[to] as ActorRef<AccountProtocol>, self.ref)
        if (result !== 'accepted') throw new Error(`an account has no room for its transfers: ${result}`)
      }
    },
    done(self, amount) {
      const { state } = self
      state.counted++
      state.checksum += amount
      if (state.counted < state.transfers) return
      state.gate.tell.report(state.counted, state.checksum)
      self.stop() // and the accounts before it
    },
  },
})
