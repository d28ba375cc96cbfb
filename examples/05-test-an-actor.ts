// prints: [ true ]
// prints: [ false ] after 60000 ms
// prints: started again, heating: false
// prints: every seed: good
//
// An actor tested with a probe in the place of its heater, in virtual time, with a crash, and under many seeds.

import { withTestSystem } from 'troupe/testing'
import { type Heater, ThermostatActor } from './thermostat.actor.ts'

await withTestSystem(async (system) => {
  const heater = system.probe<Heater>()
  const thermostat = system.spawn(ThermostatActor, [heater.ref])
  thermostat.tell.measured(20)
  thermostat.tell.measured(18)
  console.log(await heater.expect('switch', [true]))
  await heater.expectNothing()

  const silentSinceMs = system.clock.nowMs()
  await system.advance(60_000)
  console.log(await heater.expect('switch'), `after ${system.clock.nowMs() - silentSinceMs} ms`)

  thermostat.tell.measured(18)
  await heater.expect('switch', [true])
  system.crash(thermostat)
  console.log('started again, heating:', await thermostat.ask.isHeating())
})

for (let seed = 1; seed <= 20; seed++) {
  await withTestSystem(
    async (system) => {
      const heater = system.probe<Heater>()
      const thermostat = system.spawn(ThermostatActor, [heater.ref], { backoff: { minMs: 1, maxMs: 100 } })
      for (let degrees = 15; degrees < 25; degrees++) thermostat.tell.measured(degrees)
      await system.advance(1_000)
      system.crashRate = 0
      await system.advance(1_000) // whatever happened, all have been started again, and it is warm
      if (await thermostat.ask.isHeating()) throw new Error('still heating')
    },
    { seed, crashRate: 0.05 },
  )
}
console.log('every seed: good')
