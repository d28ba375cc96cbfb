import { expect, test } from 'vitest'
import { sizes } from '#bench/harness/bench-case'
import { ProgramRunner } from '#bench/harness/programs'

test('a program that needs a command which is not installed is skipped by its name', async () => {
  const program = { kind: 'module', url: 'file:///nowhere.js', work: 'none', needs: 'no-such-server' } as const
  const contender = { name: 'some', program, sizes: sizes({ messages: 1 }, {}) }
  const ran = await new ProgramRunner(1_000).run(contender, { messages: 1 })
  expect(ran).toEqual({ skipped: 'no-such-server is not installed' })
})
