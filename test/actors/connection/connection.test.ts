import { dial, listen } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Collector, Echo, Talker } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

describe.each([0, 2])('connections with %i threads', (threads) => {
  it('carry messages there and back', async () => {
    await withSystem({ threads }, async (system) => {
      const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [])
      await listener.ready()
      const collector = system.spawn(Collector, [])
      const talker = dial(system, Talker, await listener.ask.endpoint(), [collector])
      expect(await talker.ask.say('one')).toBe('accepted')
      expect(await talker.ask.say('two')).toBe('accepted')
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['one', 'two']))
      expect(await listener.ask.connectionCount()).toBe(1)
      talker.tell.endLink()
      await eventually(async () =>
        expect(await listener.ask.statistics()).toMatchObject({
          openCount: 0,
          endedCount: 1,
          receivedMessages: 2,
          sentMessages: 2,
        }),
      )
      expect((await collector.ask.all()).closes).toEqual([undefined])
    })
  })
})
