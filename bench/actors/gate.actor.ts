import { implement } from 'troupe'

/** What actors counted, added up over all that reported. */
interface Reported {
  readonly counted: number
  readonly checksum: number
}

export interface GateProtocol {
  /** Answers when `report` was told `reports` times since the last answer. One waiter at a time. */
  wait(reports: number): Promise<Reported>
  report(counted: number, checksum: number): void
}

interface GateState {
  reports: number
  counted: number
  checksum: number
  wanted: number
  open: (reported: Reported) => void
}

const closed = (): GateState => ({ reports: 0, counted: 0, checksum: 0, wanted: Infinity, open: () => {} })

/** Where actors report to the program outside. It handles reports while somebody waits: two messages at a time. */
export const Gate = implement<GateProtocol>()({
  name: 'Gate',
  module: import.meta.url,
  concurrency: 2,
  start: closed,
  on: {
    wait(self, reports) {
      return new Promise<Reported>((resolve) => {
        self.state.wanted = reports
        self.state.open = resolve
        if (self.state.reports >= reports) openGate(self)
      })
    },
    report(self, counted, checksum) {
      self.state.reports++
      self.state.counted += counted
      self.state.checksum += checksum
      if (self.state.reports >= self.state.wanted) openGate(self)
    },
  },
})

function openGate(self: { state: GateState }): void {
  const { counted, checksum, open } = self.state
  self.state = closed()
  open({ counted, checksum })
}
