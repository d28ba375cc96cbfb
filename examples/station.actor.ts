import { type ActorRef, defineActor, implement } from 'troupe'

export interface SensorProtocol {
  measure(): number
  count(): number
  disturb(): void
}

/** Counts what it measured since it was started. */
export const Sensor = implement<SensorProtocol>()({
  name: 'Sensor',
  module: import.meta.url,
  start: () => ({ measured: 0 }),
  on: {
    measure: (self) => ++self.state.measured,
    count: (self) => self.state.measured,
    disturb() {
      throw new Error('disturbed')
    },
  },
})

/** Has one sensor for each name, and supervises them: one that fails is started again, the others go on. */
export const Station = defineActor({
  name: 'Station',
  module: import.meta.url,
  supervise: { strategy: 'one-for-one', restartsMax: 3, windowMs: 10_000 },
  start(self, names: readonly string[]) {
    const sensors: Record<string, ActorRef<SensorProtocol>> = {}
    for (const name of names) sensors[name] = self.spawn(Sensor, [], { name })
    return { sensors }
  },
  on: {
    measure: (self, name: string) => self.ask(sensor(self.state.sensors, name)).measure(),
    disturb(self, name: string) {
      sensor(self.state.sensors, name).tell.disturb()
    },
    async report(self) {
      const lines: string[] = []
      for (const [name, ref] of Object.entries(self.state.sensors))
        lines.push(`${name}: ${await self.ask(ref).count()}`)
      return lines.join(', ')
    },
  },
})

function sensor(sensors: Readonly<Record<string, ActorRef<SensorProtocol>>>, name: string): ActorRef<SensorProtocol> {
  const found = sensors[name]
  if (found === undefined) throw new Error(`there is no sensor '${name}'`)
  return found
}
