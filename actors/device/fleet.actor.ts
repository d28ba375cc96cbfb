import { type ActorRef, implement } from 'troupe'
import { Device, type DeviceProtocol, type DeviceSettings } from './device.actor.ts'

/** Long enough for a gateway that reads everything; far below that of a shutdown. Milliseconds. */
const FINISH_MS = 8_000

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
      const results = await Promise.allSettled(devices.map((ref) => self.ask(ref, { deadlineMs: FINISH_MS }).finish()))
      return results.filter((result) => result.status === 'rejected').length
    },
    crash({ state }, name, reason) {
      state.devices.get(name)?.tell.crash(reason)
    },
  },
})
