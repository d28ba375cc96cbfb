import { describe, expect, it } from 'vitest'
import { ARRIVED, DEAD_LETTERED, Directory, HANDLED } from '#src/memory/directory'
import { directoryRegionBytes, ENTRY_GENERATION_SHIFT, ENTRY_WORDS, GENERATION_MAX } from '#src/memory/directory-layout'
import { nameHash } from '#src/memory/name-hash'

function directory(actorsPerSeat = 8, seatsMax = 3) {
  const memory = new SharedArrayBuffer(directoryRegionBytes(seatsMax, actorsPerSeat))
  return { memory, here: new Directory(memory, 0, seatsMax, actorsPerSeat) }
}

function spawn(here: Directory, seat: number, hostSeat = seat): number {
  const slot = here.allocate(seat)
  if (slot >= 0) here.publish(slot, here.generation(slot), hostSeat, -1, undefined)
  return slot
}

describe('Directory', () => {
  it('allocates from the range of the seat, and answers -1 when it is used up', () => {
    const { here } = directory(4)
    expect([1, 2, 3, 4].map(() => spawn(here, 1))).toEqual([4, 5, 6, 7])
    expect(here.allocate(1)).toBe(-1)
    expect(here.ownerSeat(5)).toBe(1)
    here.free(6)
    expect(spawn(here, 1)).toBe(6)
  })

  it('shows an actor to other threads from publish on', () => {
    const { memory, here } = directory()
    const there = new Directory(memory, 0, 3, 8)
    const slot = here.allocate(1)
    expect(there.state(slot)).toBe('free')
    here.publish(slot, 1, 2, 17, nameHash('counter'))
    expect(there.state(slot)).toBe('starting')
    expect(there.hostSeat(slot)).toBe(2)
    expect(there.parentSlot(slot)).toBe(17)
    expect(there.generation(slot)).toBe(1)
    expect(there.nameHash(slot)).toEqual(nameHash('counter'))
  })

  it.each([
    ['free', 'gone'],
    ['starting', 'open'],
    ['running', 'open'],
    ['restarting', 'open'],
    ['orphaned', 'open'],
    ['parked', 'gone'],
    ['stopping', 'gone'],
    ['stopped', 'gone'],
  ] as const)('admits records for an actor that is %s: %s', (state, admission) => {
    const { here } = directory()
    const slot = spawn(here, 1)
    if (state === 'free') here.free(slot)
    else here.setState(slot, state)
    expect(here.state(slot)).toBe(state)
    expect(here.admission(slot, here.generation(slot))).toBe(admission)
  })

  it('knows an actor as idle while it runs and all that arrived was dealt with', () => {
    const { here } = directory()
    const slot = spawn(here, 1)
    expect(here.isIdle(slot)).toBe(false)
    here.setState(slot, 'running')
    expect(here.isIdle(slot)).toBe(true)
    const account = here.accountIndex(slot)
    here.accounts[account + ARRIVED]! += 2
    here.accounts[account + HANDLED]! += 1
    expect(here.isIdle(slot)).toBe(false)
    here.accounts[account + DEAD_LETTERED]! += 1
    expect(here.isIdle(slot)).toBe(true)
    here.setState(slot, 'stopping')
    expect(here.isIdle(slot)).toBe(false)
  })

  it('forgets the quiet kind of an actor with it', () => {
    const { here } = directory(1)
    const slot = spawn(here, 1)
    here.setQuietKind(slot, 17)
    expect(here.quietKind(slot)).toBe(17)
    here.free(slot)
    expect(here.quietKind(spawn(here, 1))).toBe(0)
  })

  it.each([
    ['starting', 'none', 'starting'],
    ['running', 'none', 'orphaned'],
    ['restarting', 'none', 'orphaned'],
    ['parked', 'none', 'parked'],
    ['stopping', 'none', 'stopping'],
    ['restarting', 'park', 'parked'],
    ['orphaned', 'park', 'parked'],
    ['restarting', 'forget', 'stopped'],
    ['parked', 'forget', 'stopped'],
    ['starting', 'forget', 'stopped'],
    ['stopped', 'park', 'stopped'],
  ] as const)('leaves one that died as %s, with the verdict %s of its parent, as %s', (state, verdict, left) => {
    const { here } = directory()
    const slot = spawn(here, 1)
    here.setState(slot, state)
    here.setVerdict(slot, verdict)
    here.bequeath(slot, false)
    expect(here.state(slot)).toBe(left)
  })

  it('leaves everything stopped where no thread follows', () => {
    const { here } = directory()
    const slot = spawn(here, 1)
    here.bequeath(slot, true)
    expect(here.state(slot)).toBe('stopped')
  })

  it('forgets the verdict about an actor with it', () => {
    const { here } = directory(1)
    const slot = spawn(here, 1)
    here.setVerdict(slot, 'park')
    here.free(slot)
    expect(here.verdict(spawn(here, 1))).toBe('none')
  })

  it('knows an address that was given to another actor from the one before', () => {
    const { here } = directory(1)
    const slot = spawn(here, 1)
    const generation = here.generation(slot)
    expect(here.isCurrent(slot, generation)).toBe(true)
    here.free(slot)
    expect(here.isCurrent(slot, generation)).toBe(false)
    expect(spawn(here, 1)).toBe(slot)
    expect(here.isCurrent(slot, generation)).toBe(false)
    expect(here.admission(slot, generation)).toBe('gone')
    expect(here.admission(slot, generation + 1)).toBe('open')
  })

  it('begins again with generation 1 after the last', () => {
    const { here } = directory(1)
    const slot = here.allocate(0)
    here.words[slot * ENTRY_WORDS] = GENERATION_MAX << ENTRY_GENERATION_SHIFT
    expect(here.generation(slot)).toBe(GENERATION_MAX)
    here.publish(slot, GENERATION_MAX, 0, -1, undefined)
    expect(here.admission(slot, GENERATION_MAX)).toBe('open')
    here.free(slot)
    expect(here.generation(slot)).toBe(1)
  })

  it('tells senders that a mailbox is full, whatever the state becomes', () => {
    const { here } = directory()
    const slot = spawn(here, 1)
    here.setFull(slot, true)
    here.setState(slot, 'running')
    expect(here.admission(slot, 1)).toBe('full')
    expect(here.state(slot)).toBe('running')
    here.setFull(slot, false)
    expect(here.admission(slot, 1)).toBe('open')
  })

  it('lets a slot rest while there are fresh ones, up to 1024 free', () => {
    const { here } = directory(4_096)
    const slots = new Set<number>()
    for (let n = 0; n < 3_000; n++) {
      const slot = spawn(here, 0)
      slots.add(slot)
      here.free(slot)
    }
    expect(slots.size).toBe(1_024)
    expect(here.highWater(0)).toBe(1_024)
    expect(here.generation(0)).toBe(4)
  })

  it('refuses to free a slot twice', () => {
    const { here } = directory()
    const slot = spawn(here, 1)
    here.free(slot)
    expect(() => here.free(slot)).toThrow('a slot is freed once')
  })

  it('takes back a slot that was never published', () => {
    const { here } = directory(1)
    here.abandon(here.allocate(1))
    expect(spawn(here, 1)).toBe(1)
    expect(() => here.abandon(1)).toThrow('only an unpublished slot is abandoned')
  })

  it('finds the free slots of a dead owner, those that died between allocate and publish included', () => {
    const { memory, here } = directory(8)
    const kept = spawn(here, 1)
    here.free(spawn(here, 1))
    here.allocate(1)
    const successor = new Directory(memory, 0, 3, 8)
    const slots = Array.from({ length: 7 }, () => spawn(successor, 1))
    expect(slots.toSorted((a, b) => a - b)).toEqual([9, 10, 11, 12, 13, 14, 15])
    expect(slots).not.toContain(kept)
    expect(successor.allocate(1)).toBe(-1)
    expect(successor.generation(9)).toBe(2)
  })

  it('moves the counts of an ended actor into the sums of its host, once', () => {
    const { here } = directory()
    const slot = spawn(here, 1, 2)
    const account = here.accountIndex(slot)
    here.accounts[account + ARRIVED]! += 10
    here.accounts[account + HANDLED]! += 7
    here.accounts[account + DEAD_LETTERED]! += 3
    here.settle(slot)
    here.settle(slot)
    expect(here.settled(2)).toEqual({ arrived: 10, handled: 7, deadLettered: 3, lost: 0 })
    expect(here.settled(1)).toEqual({ arrived: 0, handled: 0, deadLettered: 0, lost: 0 })
    here.free(slot)
    spawn(here, 1)
    expect(here.accounts[account + ARRIVED]).toBe(0)
  })

  it('counts what was with an actor when its thread died as lost, once', () => {
    const { here } = directory()
    const slot = spawn(here, 1, 2)
    const account = here.accountIndex(slot)
    here.accounts.set([10, 6, 3], account)
    expect(here.settleLost(slot)).toBe(1)
    expect(here.settleLost(slot)).toBe(0)
    expect(here.settled(2)).toEqual({ arrived: 10, handled: 6, deadLettered: 3, lost: 1 })
  })

  it('visits the slots in use, all or those of one host', () => {
    const { here } = directory()
    const [a, b, c] = [spawn(here, 0, 1), spawn(here, 1, 2), spawn(here, 2, 1)]
    here.free(spawn(here, 1, 1))
    const visited: number[] = []
    here.forEachHostedOn(1, (slot) => void visited.push(slot))
    expect(visited).toEqual([a, c])
    const all: number[] = []
    here.forEach((slot) => void all.push(slot))
    expect(all).toEqual([a, b, c])
  })

  it('counts restarts', () => {
    const { here } = directory()
    const slot = spawn(here, 1)
    here.countRestart(slot)
    here.countRestart(slot)
    expect(here.restarts(slot)).toBe(2)
    here.free(slot)
  })
})

describe('nameHash', () => {
  it.each([
    ['', 0xcbf29ce484222325n],
    ['a', 0xaf63dc4c8601ec8cn],
    ['foobar', 0x85944171f73967e8n],
  ])('is FNV-1a 64: %j', (name, expected) => {
    const { low, high } = nameHash(name)
    expect(BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0))).toBe(expected)
  })

  it('hashes the UTF-8 bytes of a name', () => {
    expect(nameHash('ö')).toEqual(nameHash(Buffer.from([0xc3, 0xb6]).toString('utf8')))
    expect(nameHash('ö')).not.toEqual(nameHash('o'))
  })
})
