import { setEnvironmentData } from 'node:worker_threads'
import { type ActorSystem, createSystem } from 'troupe'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Computer } from '#fixtures/threads/computer.actor'
import { until } from '../support/until.ts'

describe.each([0, 1])('CPU work with %i threads', (threads) => {
  let system: ActorSystem
  let flag: Int32Array

  beforeEach(async () => {
    flag = new Int32Array(new SharedArrayBuffer(4))
    setEnvironmentData('flag', flag)
    system = await createSystem({ threads, log: 'silent' })
  })

  afterEach(() => system.shutdown())

  test('runs on the pool, and its errors keep what they are', async () => {
    const computer = system.spawn(Computer, [], {})
    expect(await computer.ask.sum([1, 2, 3])).toBe(6)
    expect(await computer.ask.boom()).toBe('no-sum')
    expect(await computer.ask.missing()).toMatch(/no function 'no-such-thing'/)
  })

  test('ends with the incarnation that asked for it', async () => {
    const computer = system.spawn(Computer, [], { backoff: { minMs: 1, maxMs: 2 } })
    computer.tell.forever()
    await until(() => (flag[0] as number) > 0, 'the job runs')
    computer.tell.fail()
    let last = -1
    await until(async () => {
      const isStill = flag[0] === last
      last = flag[0] as number
      await new Promise((resolve) => setTimeout(resolve, 20))
      return isStill
    }, 'the job has ended')
    expect(await computer.ask.sum([4, 5])).toBe(9)
  })
})
