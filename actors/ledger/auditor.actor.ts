import { implement, systemClock } from 'troupe'
import { loadRecordings } from '../replay/recording-file.ts'
import { Ledger, type LedgerTotals } from './ledger.ts'
import type { KillNotice, LinkReport } from './link-report.ts'

const SETTLE_EVERY_MS = 1_000

export interface AuditorProtocol {
  report(report: LinkReport): void
  /** To be awaited before anything is killed: a link that breaks without a notice is an error. */
  killing(kill: KillNotice): void
  settle(): void
  totals(): LedgerTotals
  /** Links whose connection end has reported, and has not ended. */
  openLinks(): readonly string[]
  /** Links that will still come to an end of their own: neither judged nor killed. */
  openCount(): number
  /** Judges what is left, and answers the totals of the run. */
  close(): LedgerTotals
}

/** Keeps the ledger. Lives where nothing is killed: what it knows of a dead thread is all that is left of it. */
export const Auditor = implement<AuditorProtocol>()({
  name: 'Auditor',
  module: import.meta.url,
  start: (self) => {
    self.timers.every('settle', SETTLE_EVERY_MS, 'settle')
    return { ledger: new Ledger(loadRecordings()) }
  },
  on: {
    report: (self, report) => self.state.ledger.report(report, systemClock.nowMs()),
    killing: (self, kill) => self.state.ledger.killing(kill),
    settle: (self) => self.state.ledger.settle(systemClock.nowMs()),
    totals: (self) => self.state.ledger.totals(),
    openLinks: (self) => self.state.ledger.openLinks(),
    openCount: (self) => self.state.ledger.openCount,
    close: (self) => {
      self.state.ledger.close()
      return self.state.ledger.totals()
    },
  },
})
