import { type ActorRef, type Self, systemClock, UnreachableError } from 'troupe'
import { implementConnection, type LinkProtocol } from '../../connection/implement-connection.ts'
import type { Link } from '../../connection/link.ts'
import { CyncFraming } from '../cync/cync-framing.ts'
import { decodePacket } from '../cync/packet-decoder.ts'
import type { ResolvedControllerOptions } from './controller-options.ts'
import type { DeviceChaos } from './device-faults.ts'
import { type DeviceEnding, DeviceSession } from './device-session.ts'
import { deviceShelf } from './device-shelf.ts'
import type { DeviceTally } from './device-tally.ts'
import type { LampChange, LampState } from './lamp.ts'
import type { MeshListener } from './mesh.ts'
import { ownDevices } from './own-devices.ts'
import type { DeviceSequences, SimulatedDevice } from './simulated-device.ts'
import { WriteChunks } from './write-chunks.ts'

/** What a controller says of itself. */
export interface ControllerStatistics extends Readonly<DeviceTally> {
  readonly deviceId: number
  readonly meshAddress: number
  readonly phase: DeviceSession['phase']
  readonly firmwareVersion: string
  readonly sequences: DeviceSequences
}

export interface ControllerProtocol {
  /** Changes lamps without a word about it, as if the announcement had been lost. Answers how many. */
  setState(destination: number, change: LampChange): number
  /** Somebody presses a button: lamps change, and everybody is told. Answers how many. */
  press(destination: number, change: LampChange): number
  /** The state of a lamp of its home; undefined where there is no such lamp. */
  lamp(address: number): LampState | undefined
  /** From now on. Answers what is wrong with it, or undefined. */
  setChaos(chaos: DeviceChaos): string | undefined
  /** Ends its connection as if the server had thrown it out; it connects again after its backoff. */
  kick(): void
  /** Ends its connection in order, and connects again. */
  reconnect(): void
  statistics(): ControllerStatistics
  /** Throws: what a bug in here would do. */
  crash(reason: string): void
  /** By its mesh: lamps have changed. */
  heard(addresses: readonly number[]): void
  /** By its timer. */
  due(): void
}

/** Who keeps a device and wants to know how it is. */
export interface DeviceKeeper {
  deviceOnline(index: number): void
  deviceQuiet(index: number, isQuiet: boolean): void
  /** Why it is about to close its connection by itself. */
  deviceEnding(index: number, ending: DeviceEnding | 'asked'): void
}

/** Which device: one of its own, or one of a keeper on this thread. */
export type ControllerSetup =
  | { readonly kind: 'own'; readonly key: string; readonly options: ResolvedControllerOptions }
  | {
      readonly kind: 'kept'
      readonly shelf: number
      readonly index: number
      readonly seed: number
      readonly keeper: ActorRef<DeviceKeeper>
    }

interface ControllerState {
  readonly link: Link
  readonly setup: ControllerSetup
  readonly device: SimulatedDevice
  readonly session: DeviceSession
  readonly chunks: WriteChunks
  readonly ear: MeshListener
  /** A write is under way, and more waits behind it. */
  isWriting: boolean
  /** When the timer that is set is due. */
  armedMs: number
}

type ControllerSelf = Self<ControllerState, ControllerProtocol & LinkProtocol>

/** So much may wait to be written. More is left out, and counted: a device has no more memory. Bytes. */
const WAITING_BYTES_MAX = 65_536
const DUE = 'due'

/**
 * A simulated controller: a client that connects to a gateway, logs in and does what a real one does, until its connection ends. Its device
 * outlives it. Made by `spawnController`, by `serveController` or by a fleet.
 */
export const SimulatedController = implementConnection<ControllerProtocol>()({
  name: 'SimulatedController',
  module: import.meta.url,
  framing: () => new CyncFraming(),
  start: (self, link, setup: ControllerSetup): ControllerState => {
    const { device, seed } = deviceFor(setup)
    const { ref } = self
    const chunks = new WriteChunks()
    const ear: MeshListener = (addresses) => void ref.tell.heard(addresses)
    const session = new DeviceSession(device, outletOf(self, link, setup, device, chunks), seed, ear)
    device.mesh.listen(ear)
    const state = { link, setup, device, session, chunks, ear, isWriting: false, armedMs: Number.POSITIVE_INFINITY }
    session.opened(systemClock.nowMs())
    write(state)
    arm(self, state)
    return state
  },
  frame: ({ state }, _link, message) => state.session.received(decodePacket(message).packet, systemClock.nowMs()),
  batchEnd: (self) => settle(self),
  closed: ({ state }) => leave(state),
  on: {
    setState: ({ state }, destination, change) => state.device.mesh.changeSilently(destination, change).length,
    press(self, destination, change) {
      const addresses = self.state.session.press(destination, change, systemClock.nowMs())
      settle(self)
      return addresses.length
    },
    lamp: ({ state }, address) => {
      const { mesh } = state.device
      return mesh.has(address) ? mesh.state(address) : undefined
    },
    setChaos({ state }, chaos) {
      try {
        state.device.conduct.setChaos(chaos)
        return undefined
      } catch (error) {
        return (error as Error).message
      }
    },
    kick: (self) => end(self, 'kicked', true),
    reconnect: (self) => end(self, 'asked', false),
    statistics({ state: { device, session } }) {
      const { deviceId, meshAddress, firmwareVersion, sequences, tally } = device
      return { deviceId, meshAddress, phase: session.phase, firmwareVersion, sequences: { ...sequences }, ...tally }
    },
    crash(_, reason) {
      throw new Error(reason)
    },
    heard(self, addresses) {
      self.state.session.heard(addresses, systemClock.nowMs())
      settle(self)
    },
    due(self) {
      self.state.armedMs = Number.POSITIVE_INFINITY
      self.state.session.due(systemClock.nowMs())
      settle(self)
    },
  },
  stop({ state }, reason) {
    leave(state)
    if (state.setup.kind === 'own' && reason.kind === 'shutdown') ownDevices.forget(state.setup.key)
  },
})

function deviceFor(setup: ControllerSetup): { device: SimulatedDevice; seed: number } {
  if (setup.kind === 'kept') {
    const { shelf, index, seed } = setup
    const device = deviceShelf.find(shelf, index)
    if (device === undefined) throw new UnreachableError('actor-gone', `nobody keeps device ${index} any more`)
    return { device, seed }
  }
  const { key, options } = setup
  const own = ownDevices.take(key, options)
  return { device: own.device, seed: (options.seed + options.deviceId + own.connectionCount++) >>> 0 }
}

function outletOf(
  self: ControllerSelf,
  link: Link,
  setup: ControllerSetup,
  device: SimulatedDevice,
  chunks: WriteChunks,
): ConstructorParameters<typeof DeviceSession>[1] {
  const keeper = setup.kind === 'kept' ? setup.keeper.tell : undefined
  const index = setup.kind === 'kept' ? setup.index : 0
  return {
    send(packet) {
      if (chunks.bytes + packet.length <= WAITING_BYTES_MAX) chunks.add(packet)
      else device.tally.overrunCount++
    },
    online: () => void keeper?.deviceOnline(index),
    quiet: (isQuiet) => void keeper?.deviceQuiet(index, isQuiet),
    deafen: () => link.pause(),
    end: (ending, isAtOnce) => end(self, ending, isAtOnce, link, setup),
  }
}

function end(
  self: ControllerSelf,
  ending: DeviceEnding | 'asked',
  isAtOnce: boolean,
  link = self.state.link,
  setup = self.state.setup,
): void {
  if (setup.kind === 'kept') setup.keeper.tell.deviceEnding(setup.index, ending)
  if (isAtOnce) link.destroy()
  else link.end()
}

/** After a turn: writes what there is, and sees to it that there is a next turn in time. */
function settle(self: ControllerSelf): void {
  write(self.state)
  arm(self, self.state)
}

function write(state: ControllerState): void {
  const { link, chunks } = state
  if (state.isWriting) return
  const chunk = chunks.take()
  if (chunk === undefined) return
  link.sendFramed(chunk)
  if (chunks.isEmpty) return
  state.isWriting = true
  // The rest in writes of its own, as a device cuts them.
  void link.flushed().then(() => {
    state.isWriting = false
    if (link.isOpen) write(state)
    else chunks.clear()
  })
}

/** One timer, which is not moved when what it is for is put off: it finds out, and is set again. */
function arm(self: ControllerSelf, state: ControllerState): void {
  const { nextDueMs } = state.session
  if (nextDueMs >= state.armedMs) return
  state.armedMs = nextDueMs
  self.timers.once(DUE, Math.max(0, nextDueMs - systemClock.nowMs()), DUE)
}

function leave({ session, device, ear }: ControllerState): void {
  device.mesh.unlisten(ear)
  session.closed()
}
