import { type ActorRef, implement } from 'troupe'

export interface Heater {
  switch(isOn: boolean): void
}

export interface Thermostat {
  measured(degrees: number): void
  isHeating(): boolean
}

/** Switches a heater on below 19 and off above 21 degrees; off too when it has heard no temperature for a minute. */
export const ThermostatActor = implement<Thermostat>()({
  name: 'Thermostat',
  module: import.meta.url,
  start: (_self, heater: ActorRef<Heater>) => ({ heater, isHeating: false }),
  on: {
    measured(self, degrees) {
      const { isHeating, heater } = self.state
      if (Number.isFinite(degrees)) self.timers.once('silence', 60_000, 'measured', Number.POSITIVE_INFINITY)
      const wanted = isHeating ? degrees <= 21 : degrees < 19
      if (wanted === isHeating) return
      self.state.isHeating = wanted
      heater.tell.switch(wanted)
    },
    isHeating: (self) => self.state.isHeating,
  },
})
