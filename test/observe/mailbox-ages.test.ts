import { describe, expect, it } from 'vitest'
import { ARRIVED, HANDLED } from '#src/memory/directory'
import { SystemMemory } from '#src/memory/system-memory'
import { MailboxAges } from '#src/observe/mailbox-ages'

function oneActor() {
  const memory = SystemMemory.create({ seatsMax: 2, actorsPerSeat: 64 })
  const { directory } = memory
  const slot = directory.allocate(1)
  directory.publish(slot, directory.generation(slot), 1, -1, undefined)
  const account = directory.accountIndex(slot)
  const ages = new MailboxAges(memory)
  return {
    arrive: (count: number) => (directory.accounts[account + ARRIVED]! += count),
    handle: (count: number) => (directory.accounts[account + HANDLED]! += count),
    ageAt: (nowMs: number) => {
      ages.look(nowMs)
      return memory.counters(1).gauge('oldest-queued-ms')
    },
    replace: () => {
      directory.free(slot)
      for (let next = -1; next !== slot; ) next = directory.allocate(1)
      directory.publish(slot, directory.generation(slot), 1, -1, undefined)
    },
  }
}

describe('the age of what waits', () => {
  it('is 0 where nothing waits', () => {
    const { arrive, handle, ageAt } = oneActor()
    arrive(5)
    handle(5)
    expect([ageAt(0), ageAt(1_000)]).toEqual([0, 0])
  })

  it('grows while the oldest message is not handled, whatever arrives behind it', () => {
    const { arrive, ageAt } = oneActor()
    arrive(1)
    expect(ageAt(0)).toBe(0)
    arrive(100)
    expect(ageAt(1_000)).toBe(1_000)
    expect(ageAt(5_000)).toBe(5_000)
  })

  it('begins anew when all that was seen waiting has been handled', () => {
    const { arrive, handle, ageAt } = oneActor()
    arrive(3)
    ageAt(0)
    handle(2)
    expect(ageAt(1_000)).toBe(1_000)
    arrive(1)
    handle(1)
    expect(ageAt(2_000)).toBe(0)
    expect(ageAt(3_000)).toBe(1_000)
  })

  it('is not that of the actor which had the slot before', () => {
    const { arrive, ageAt, replace } = oneActor()
    arrive(9)
    ageAt(0)
    replace()
    arrive(1)
    expect(ageAt(9_000)).toBe(0)
  })
})
