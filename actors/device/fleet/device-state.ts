/**
 * | state | means |
 * |---|---|
 * | `connecting` | an attempt is under way: it dials, or waits for the answer to its login |
 * | `online` | the gateway has accepted its login |
 * | `degraded` | as `online`, but a ping has had no answer for 10 s, or it failed half as often lately as gets it parked |
 * | `offline` | no attempt is under way: it has not had its turn yet, or waits for the next one |
 * | `parked` | it has failed too often within the window, and waits for `unpark` |
 */
export type FleetDeviceState = 'connecting' | 'online' | 'degraded' | 'offline' | 'parked'

export const fleetDeviceStates: readonly FleetDeviceState[] = Object.freeze([
  'connecting',
  'online',
  'degraded',
  'offline',
  'parked',
])

export type StateCounts = Record<FleetDeviceState, number>

export function noStateCounts(): StateCounts {
  return { connecting: 0, online: 0, degraded: 0, offline: 0, parked: 0 }
}
