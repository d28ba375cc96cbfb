import { type ActorRef, ProtocolError, type Self, systemClock } from 'troupe'
import { implementConnection, type LinkProtocol } from '../connection/implement-connection.ts'
import { PacketFraming, packetTypeName } from '../connection/packet-framing.ts'
import { RawFraming } from '../connection/raw-framing.ts'
import { threadName } from '../connection/thread-name.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { LinkEndState, LinkIdentity } from '../ledger/link-report.ts'
import { RunningHash } from '../ledger/running-hash.ts'

/** Of a thread that a connection ends: shows up in the reason of what is restarted. */
const EXIT_CODE = 3

export interface ConnectionProtocol {
  /** Who is at the other end. Told before its first byte arrives. Answers it with the thread of this end. */
  claimed(identity: Omit<LinkIdentity, 'connectionThread'>): LinkIdentity
  report(): void
  /** Throws: what a bug in here would do. */
  crash(reason: string): void
  /** Takes the whole thread down, as careless code in a handler could. */
  endThread(manner: 'exit' | 'loop'): void
}

export interface ConnectionSettings {
  readonly auditor: ActorRef<AuditorProtocol>
  /** How often it reports what it has received. Milliseconds. */
  readonly reportEveryMs: number
}

interface ConnectionState {
  readonly settings: ConnectionSettings
  readonly framing: PacketFraming
  readonly hash: RunningHash
  readonly packets: Record<string, number>
  readonly openedMs: number
  identity: LinkIdentity | undefined
}

type ConnectionSelf = Self<ConnectionState, ConnectionProtocol & LinkProtocol>

/**
 * The gateway's end of one TCP connection: cuts what arrives into packets and counts them by type. Every byte counts, also those of a
 * packet that is not whole, so that it cuts the stream by itself. Its last report is on its way before the socket is closed.
 */
export const Connection = implementConnection<ConnectionProtocol>()({
  name: 'Connection',
  module: import.meta.url,
  framing: () => new RawFraming(),
  start: (self, _link, settings: ConnectionSettings): ConnectionState => {
    self.timers.every('report', settings.reportEveryMs, 'report')
    const openedMs = systemClock.nowMs()
    return {
      settings,
      framing: new PacketFraming(),
      hash: new RunningHash(),
      packets: {},
      openedMs,
      identity: undefined,
    }
  },
  frame({ state }, _link, chunk) {
    if (state.identity === undefined) {
      throw new ProtocolError(
        'unexpected-bytes',
        `${chunk.length} bytes arrived before a device claimed the connection`,
      )
    }
    state.hash.update(chunk)
    state.framing.push(chunk, (packet) => {
      const type = packetTypeName(packet[0]!)
      state.packets[type] = (state.packets[type] ?? 0) + 1
    })
  },
  ended(self, link) {
    self.timers.cancel('report')
    report(self, 'finished')
    self.state.identity = undefined // that was the last word
    link.end()
  },
  closed(self, _link, error) {
    if (error !== undefined) report(self, 'broken')
  },
  on: {
    claimed(self, identity) {
      const claimed = { ...identity, connectionThread: threadName }
      self.state.identity = claimed
      report(self, 'open')
      return claimed
    },
    report: (self) => report(self, 'open'),
    crash(_, reason) {
      throw new Error(reason)
    },
    endThread(_, manner) {
      if (manner === 'exit') process.exit(EXIT_CODE)
      for (;;) {} // until the system's watchdog ends the thread
    },
  },
  stop(self, reason) {
    if (reason.kind !== 'normal') report(self, 'broken')
  },
})

function report({ state }: ConnectionSelf, endState: LinkEndState): void {
  if (state.identity === undefined) return
  state.settings.auditor.tell.report({
    ...state.identity,
    end: 'connection',
    state: endState,
    openedMs: state.openedMs,
    byteCount: state.hash.byteCount,
    digest: state.hash.digest(),
    packets: { ...state.packets },
  })
}
