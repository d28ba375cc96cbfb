import { type ActorRef, implement, type Self } from 'troupe'
import { Device, type DeviceProtocol, type DeviceSettings } from './device.actor.ts'

/** Long enough for a gateway that reads everything, and for a thread that has to be replaced meanwhile. Milliseconds. */
const FINISH_MS = 12_000
/** A device whose thread dies meanwhile is asked again when it is back. */
const FINISH_ASKS_MAX = 4

export interface FleetSettings extends Omit<DeviceSettings, 'name' | 'recordingIndex'> {
  readonly deviceCount: number
}

export interface FleetProtocol {
  names(): readonly string[]
  /** Lets every device end its stream. Answers how many did not answer in time. */
  finish(): Promise<number>
  /** Makes that device throw. */
  crash(name: string, reason: string): void
}

/** Supervises the devices, spread over all threads: each is restarted for itself, with backoff, as often as it takes. */
export const Fleet = implement<FleetProtocol>()({
  name: 'Fleet',
  module: import.meta.url,
  start: (self, { deviceCount, ...settings }: FleetSettings) => {
    const devices = new Map<string, ActorRef<DeviceProtocol>>()
    for (let index = 0; index < deviceCount; index++) {
      const name = `device-${index + 1}`
      const args: [DeviceSettings] = [{ ...settings, name, recordingIndex: index, seed: settings.seed + index }]
      devices.set(name, self.spawn(Device, args, { name, placement: 'any', backoff: { minMs: 50, maxMs: 2_000 } }))
    }
    return { devices }
  },
  on: {
    names: ({ state }) => [...state.devices.keys()],
    async finish(self) {
      const devices = [...self.state.devices.values()]
      const areFinished = await Promise.all(devices.map((ref) => finishDevice(self, ref)))
      return areFinished.filter((isFinished) => !isFinished).length
    },
    crash({ state }, name, reason) {
      state.devices.get(name)?.tell.crash(reason)
    },
  },
})

async function finishDevice(self: Self<unknown, FleetProtocol>, device: ActorRef<DeviceProtocol>): Promise<boolean> {
  const deadlineMs = FINISH_MS / FINISH_ASKS_MAX
  for (let ask = 1; ask <= FINISH_ASKS_MAX; ask++) {
    try {
      await self.ask(device, { deadlineMs }).finish()
      return true
    } catch {
      // it went down with its thread, or waits to be started again
    }
  }
  return false
}
