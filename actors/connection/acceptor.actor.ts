import type { Server, Socket } from 'node:net'
import { type ActorRef, implement, type Self, systemClock } from 'troupe'
import { Admission, type AdmissionLimits, type Refusal } from './admission.ts'
import { type Endpoint, formatEndpoint } from './endpoint.ts'
import { boundEndpoint, type ListeningOptions, openServer, peerOf } from './listening-socket.ts'
import { type Berth, closeBerth, isBusyThread, openBerth, SocketPort } from './socket-port.ts'

/** What an acceptor tells its listener. */
export interface AcceptorObserver {
  /** It is there, or there again after its thread was lost: it does not listen. */
  acceptorUp(): void
  refused(address: string, why: Refusal): void
  /** So many more sockets are on their way to that host. */
  accepted(host: number, count: number): void
}

/** Connections of a host that are there already, by peer address. */
export type OpenCounts = Readonly<Record<string, number>>

export interface AcceptorSettings {
  readonly endpoint: Endpoint
  readonly listening: ListeningOptions
  readonly limits: AdmissionLimits
  readonly listener: ActorRef<AcceptorObserver>
}

export interface AcceptorProtocol {
  /** Listens, on this port where it is not 0. Answers the endpoint with its port, or the error. */
  listen(port: number): Promise<Endpoint | Error>
  /** Where a listening socket can be sent to. */
  berth(): Berth
  /** Sends the listening socket to another acceptor. Answers whether it is gone. */
  handOver(to: Berth): Promise<boolean>
  /** Whether the listening socket that was sent to it has come. */
  isListening(): boolean
  /** A host to give sockets to, and the connections that it has. */
  host(index: number, berth: Berth, counts: OpenCounts): Promise<void>
  /** Tries again to reach a host whose thread was too busy. */
  reach(index: number): Promise<void>
  closed(host: number, address: string): void
  moved(): void
  /** Tells the listener again what it had no room for. */
  tellAccepted(): void
  /** Accepts no more. */
  close(): void
}

interface AcceptorState {
  readonly settings: AcceptorSettings
  readonly admission: Admission
  readonly ports: (SocketPort | undefined)[]
  /** Where each host was last. */
  readonly berths: Berth[]
  readonly berth: Berth
  /** A listening socket that has come from another thread. */
  arrived: Server | undefined
  server: Server | undefined
  /** Sockets that have come while no host was there. */
  readonly waiting: Socket[]
  /** Sockets handed to each host that the listener does not know of. */
  readonly untold: number[]
  readonly tellAgain: () => void
}

type AcceptorSelf = Self<AcceptorState, AcceptorProtocol>

/** Between two warnings that connections cannot be accepted. Milliseconds. */
const WARN_EVERY_MS = 1_000
/** Until the listener is told again what its mailbox had no room for. Milliseconds. */
const TELL_AGAIN_MS = 20
/** Until a host is tried again whose thread was too busy. Milliseconds. */
const REACH_AGAIN_MS = 250
/** Sockets that wait for a host. Count. */
const WAITING_MAX = 1_024

/**
 * Listens for a listener, and hands each socket that it accepts to the host with the fewest connections, on that host's thread. Nothing
 * is read here, and nobody is waited for.
 */
export const Acceptor = implement<AcceptorProtocol>()({
  name: 'Acceptor',
  module: import.meta.url,
  attributeErrors: false, // nothing of it runs on, and following what does would slow down every connection here
  start(self, settings: AcceptorSettings): AcceptorState {
    const { ref, path } = self
    const state: AcceptorState = {
      settings,
      admission: new Admission(settings.limits),
      ports: [],
      berths: [],
      berth: openBerth(`${path}:${systemClock.nowMs()}`, (moved) => {
        if ('server' in moved) state.arrived = moved.server
        else moved.socket.destroy()
        ref.tell.moved()
      }),
      arrived: undefined,
      server: undefined,
      waiting: [],
      untold: [],
      tellAgain: () => self.timers.once('tell', TELL_AGAIN_MS, 'tellAccepted'),
    }
    settings.listener.tell.acceptorUp()
    return state
  },
  on: {
    async listen(self, port) {
      const { endpoint, listening } = self.state.settings
      try {
        const server = await openServer(endpoint.protocol === 'unix' ? endpoint : { ...endpoint, port }, listening)
        accept(self, server)
        return boundEndpoint(endpoint, server)
      } catch (error) {
        return error as Error
      }
    },
    berth: ({ state }) => state.berth,
    async handOver({ state }, to) {
      const { server } = state
      if (server === undefined) return false
      const port = await SocketPort.open(to).catch(() => undefined)
      if (port === undefined) return false
      // To an acceptor on this very thread goes the same object: it must not be listened to twice.
      server.removeAllListeners('connection').removeAllListeners('error')
      state.server = undefined
      return port.send({ server })
    },
    isListening: ({ state }) => state.server !== undefined,
    async host(self, index, berth, counts) {
      const { state } = self
      state.admission.hostLost(index)
      for (const [address, count] of Object.entries(counts)) state.admission.opened(index, address, count)
      state.ports[index]?.close()
      state.ports[index] = undefined
      state.berths[index] = berth
      await reach(self, index)
    },
    async reach(self, index) {
      if (self.state.ports[index] === undefined) await reach(self, index)
    },
    closed: ({ state }, host, address) => state.admission.closed(host, address),
    moved(self) {
      const { arrived } = self.state
      self.state.arrived = undefined
      if (arrived !== undefined) accept(self, arrived)
    },
    tellAccepted(self) {
      if (!tellAccepted(self.state)) self.state.tellAgain()
    },
    close({ state }) {
      state.server?.close()
      state.server = undefined
    },
  },
  stop({ state }) {
    closeBerth(state.berth.key)
    state.server?.close()
    for (const port of state.ports) port?.close()
    for (const socket of state.waiting) socket.destroy()
  },
})

async function reach(self: AcceptorSelf, index: number): Promise<void> {
  const { state } = self
  state.ports[index] = await SocketPort.open(state.berths[index] as Berth).catch((error) => {
    // One that is gone will tell when it is back.
    if (isBusyThread(error)) self.timers.once(`reach-${index}`, REACH_AGAIN_MS, 'reach', index)
    return undefined
  })
  for (const socket of state.waiting.splice(0)) handOut(state, socket)
}

function accept({ state, log }: AcceptorSelf, server: Server): void {
  const name = formatEndpoint(state.settings.endpoint)
  let warnedMs = Number.NEGATIVE_INFINITY
  server.on('connection', (socket: Socket) => handOut(state, socket))
  server.on('error', (error) => {
    if (performance.now() < warnedMs + WARN_EVERY_MS) return
    warnedMs = performance.now()
    log.warn({ err: error }, `${name}: a connection could not be accepted`)
  })
  state.server = server
}

/** From the event of the socket: no handler runs for it, since all it does is to pass it on. */
function handOut(state: AcceptorState, socket: Socket): void {
  const { settings, admission, ports, waiting } = state
  const { address } = peerOf(socket, settings.endpoint)
  const refusal = waiting.length < WAITING_MAX ? admission.refusal(address) : 'connections-max'
  if (refusal !== undefined) {
    socket.destroy()
    settings.listener.tell.refused(address, refusal)
    return
  }
  const host = leastBusy(state)
  if (host === undefined) return void waiting.push(socket)
  if (!(ports[host] as SocketPort).send({ socket })) {
    ports[host] = undefined // its thread is gone; it will tell when it is back
    return handOut(state, socket)
  }
  admission.opened(host, address)
  state.untold[host] = (state.untold[host] ?? 0) + 1
  if (!tellAccepted(state)) state.tellAgain()
}

function tellAccepted({ settings, untold }: AcceptorState): boolean {
  untold.forEach((count, host) => {
    if (count > 0 && settings.listener.tell.accepted(host, count) === 'accepted') untold[host] = 0
  })
  return untold.every((count) => count === 0)
}

function leastBusy({ admission, ports }: AcceptorState): number | undefined {
  let best: number | undefined
  ports.forEach((port, index) => {
    if (port === undefined) return
    if (best === undefined || admission.countOf(index) < admission.countOf(best)) best = index
  })
  return best
}
