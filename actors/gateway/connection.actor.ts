import type { Socket } from 'node:net'
import { type ActorRef, implement, ProtocolError, type Self, systemClock } from 'troupe'
import { PacketFraming, packetTypeName } from '../connection/packet-framing.ts'
import { SocketInlet } from '../connection/socket-inlet.ts'
import { socketShelf } from '../connection/socket-shelf.ts'
import type { AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { LinkEndState, LinkIdentity } from '../ledger/link-report.ts'
import { RunningHash } from '../ledger/running-hash.ts'

export interface ConnectionProtocol {
  /** Who is at the other end. Told before its first byte arrives. */
  claimed(identity: LinkIdentity): void
  received(chunk: Uint8Array): void
  ended(): void
  broken(): void
  report(): void
  /** Throws: what a bug in here would do. */
  crash(reason: string): void
}

export interface ConnectionSettings {
  readonly auditor: ActorRef<AuditorProtocol>
  /** How often it reports what it has received. Milliseconds. */
  readonly reportEveryMs: number
}

interface ConnectionState {
  readonly settings: ConnectionSettings
  readonly socket: Socket
  readonly inlet: SocketInlet
  readonly framing: PacketFraming
  readonly hash: RunningHash
  readonly packets: Record<string, number>
  readonly openedMs: number
  identity: LinkIdentity | undefined
}

/**
 * The gateway's end of one TCP connection: cuts what arrives into packets and counts them by type. Its socket dies with it, so
 * nothing can bring it back: spawn it as `temporary`. Its last report is on its way before the socket is closed.
 */
export const Connection = implement<ConnectionProtocol>()({
  name: 'Connection',
  module: import.meta.url,
  start: (self, socketNumber: number, settings: ConnectionSettings): ConnectionState => {
    const socket = socketShelf.take(socketNumber)?.socket
    if (socket === undefined) throw new Error(`socket ${socketNumber} has been taken already`)
    const { ref } = self
    const inlet = new SocketInlet(socket, {
      received: (chunk) => ref.tell.received(chunk),
      ended: () => ref.tell.ended(),
      broken: () => ref.tell.broken(),
      ready: () => ref.ready(),
    })
    inlet.open()
    self.timers.every('report', settings.reportEveryMs, 'report')
    const framing = new PacketFraming()
    const openedMs = systemClock.nowMs()
    return { settings, socket, inlet, framing, hash: new RunningHash(), packets: {}, openedMs, identity: undefined }
  },
  on: {
    claimed(self, identity) {
      self.state.identity = identity
      report(self, 'open')
    },
    received({ state }, chunk) {
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
      state.inlet.handled()
    },
    ended(self) {
      report(self, 'finished')
      self.stop()
    },
    broken(self) {
      report(self, 'broken')
      self.stop()
    },
    report: (self) => report(self, 'open'),
    crash(_, reason) {
      throw new Error(reason)
    },
  },
  stop(self, reason) {
    if (reason.kind !== 'normal') report(self, 'broken')
    self.state.socket.destroy()
  },
})

function report({ state }: Self<ConnectionState, ConnectionProtocol>, endState: LinkEndState): void {
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
