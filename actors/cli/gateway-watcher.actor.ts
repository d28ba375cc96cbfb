import { implement } from 'troupe'
import { RGB_MODE } from '../device/gateway/device-report.ts'
import type { CyncObserver } from '../device/gateway/gateway-options.ts'
import type { KnownDevice } from '../device/gateway/mesh-states.ts'

/** Takes lines of text. */
export type TakeLine = (line: string) => void

/** Who takes the lines on this thread, by number: that cannot be sent. */
const takers: TakeLine[] = []

/** Answers the number for `GatewayWatcher`. */
export function addTaker(take: TakeLine): number {
  return takers.push(take) - 1
}

/** Makes a line of everything that a gateway tells. To be spawned on the thread of its taker. */
export const GatewayWatcher = implement<CyncObserver>()({
  name: 'GatewayWatcher',
  module: import.meta.url,
  start: (_self, taker: number) => ({ taker }),
  on: {
    stateChanged: ({ state }, device) => takers[state.taker]?.(stateLine(device)),
    controllerConnected: ({ state }, { deviceId, home }) =>
      takers[state.taker]?.(`controller ${deviceId}${inHome(home)}: connected`),
    controllerGone: ({ state }, { deviceId, home }, why) =>
      takers[state.taker]?.(`controller ${deviceId}${inHome(home)}: gone, ${why}`),
    commandFinished: ({ state }, { id, state: end, reason, tookMs, attempts }) => {
      const how = reason === undefined ? end : `${end}, ${reason}`
      takers[state.taker]?.(`command ${id}: ${how}, ${tookMs.toFixed(1)} ms, ${attempts.length} attempts`)
    },
  },
})

function stateLine({ home, address, isOn, brightness, colorMode, rgb, isOnline, isAssumed }: KnownDevice): string {
  const color = colorMode === RGB_MODE ? `rgb ${rgb.join(' ')}` : colorMode <= 100 ? `white ${colorMode}` : undefined
  const parts = [isOn ? 'on' : 'off', `brightness ${brightness}`, color, isAssumed ? 'as commanded' : undefined]
  const state = isOnline ? parts.filter((part) => part !== undefined).join(', ') : 'offline'
  return `device ${address}${inHome(home)}: ${state}`
}

function inHome(home: string): string {
  return home === '' ? '' : ` of home ${home}`
}
