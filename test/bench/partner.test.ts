import { expect, test } from 'vitest'
import { anyPort } from '#bench/net/addresses'
import { startPartner } from '#bench/net/partner'

const troupe = import.meta.resolve('#bench/net/troupe')

test.each(['process', 'thread'] as const)('a partner in another %s does what it is called for', async (where) => {
  const echo = await startPartner(where, troupe, 'echo', anyPort)
  const caller = await startPartner(where, troupe, 'caller', await echo.address(), 64)
  await expect(caller.call(7)).resolves.toBeUndefined()
})

test.each(['process', 'thread'] as const)('what goes wrong in another %s is told to who calls', async (where) => {
  const visitor = await startPartner(where, troupe, 'visitor', { path: '/nobody/listens/here' }, 64)
  await expect(visitor.call(0)).rejects.toThrow(/^visitor: .*ENOENT/)
})

test('a partner that cannot start is an error', async () => {
  const started = startPartner('thread', troupe, 'sender', { path: '/nobody/listens/here' }, 64)
  await expect(started).rejects.toThrow(/^sender ended: .*ENOENT/)
})
