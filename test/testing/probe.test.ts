import type { ActorRef } from 'troupe'
import { implement } from 'troupe'
import { type TestSystem, withTestSystem } from 'troupe/testing'
import { describe, expect, test } from 'vitest'

interface Alarm {
  ring(zone: string, level: number): void
  isArmed(): boolean
  zones(): AsyncGenerator<string>
}

interface Sensor {
  report(level: number): void
  check(): Promise<string>
}

const SensorActor = implement<Sensor>()({
  name: 'Sensor',
  module: import.meta.url,
  start: (_self, alarm: ActorRef<Alarm>) => ({ alarm }),
  on: {
    report(self, level) {
      if (level > 5) self.state.alarm.tell.ring('hall', level)
    },
    check: async (self) => ((await self.ask(self.state.alarm).isArmed()) ? 'armed' : 'idle'),
  },
})

function sensorOf(system: TestSystem) {
  const alarm = system.probe<Alarm>('alarm')
  return { alarm, sensor: system.spawn(SensorActor, [alarm.ref]) }
}

describe('a probe', () => {
  test('remembers what it was told, and answers its arguments', () =>
    withTestSystem(async (system) => {
      const { alarm, sensor } = sensorOf(system)
      sensor.tell.report(3)
      sensor.tell.report(7)
      expect(await alarm.expect('ring')).toEqual(['hall', 7])
      await alarm.expectNothing()
      expect(alarm.messages).toEqual([{ handler: 'ring', args: ['hall', 7] }])
    }))

  test('matches by the arguments, in depth, or by a function', () =>
    withTestSystem(async (system) => {
      const { alarm, sensor } = sensorOf(system)
      sensor.tell.report(7)
      sensor.tell.report(8)
      await alarm.expect('ring', ['hall', 7])
      await alarm.expect('ring', (_zone, level) => level > 7)
    }))

  test('says what it got instead', () =>
    withTestSystem(async (system) => {
      const { alarm, sensor } = sensorOf(system)
      await expect(alarm.expect('ring')).rejects.toThrow("/alarm got no 'ring'")
      sensor.tell.report(7)
      await expect(alarm.expect('isArmed')).rejects.toThrow("expected 'isArmed', got { handler: 'ring'")
      await expect(alarm.expect('ring', ['hall', 8])).rejects.toThrow("expected 'ring', got { handler: 'ring'")
      await expect(alarm.expectNothing()).rejects.toThrow('expected nothing, got')
      await alarm.expect('ring', ['hall', 7]) // still there
    }))

  test('answers asks as it is told to, undefined before', () =>
    withTestSystem(async (system) => {
      const { alarm, sensor } = sensorOf(system)
      expect(await sensor.ask.check()).toBe('idle')
      alarm.reply('isArmed', () => true)
      expect(await sensor.ask.check()).toBe('armed')
      alarm.reply('isArmed', async () => {
        throw new Error('no power')
      })
      await expect(sensor.ask.check()).rejects.toThrow('no power')
      expect(await alarm.ref.ask.isArmed().catch(String)).toBe('Error: no power')
      expect(alarm.messages).toHaveLength(4) // it lives on with what it remembers
    }))

  test('serves streams', () =>
    withTestSystem(async (system) => {
      const { alarm } = sensorOf(system)
      alarm.reply('zones', () => ['hall', 'attic'])
      const seen: string[] = []
      for await (const zone of alarm.ref.stream.zones()) seen.push(zone)
      expect(seen).toEqual(['hall', 'attic'])
    }))
})
