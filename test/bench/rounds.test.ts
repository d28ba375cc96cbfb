import { expect, test } from 'vitest'
import { type BenchCase, type Contender, sizes } from '#bench/harness/bench-case'
import type { Ran } from '#bench/harness/programs'
import { runRounds } from '#bench/harness/rounds'

const contender = (name: string): Contender => ({
  name,
  program: { kind: 'module', url: 'file:///nowhere.js', work: name },
  sizes: sizes({ messages: 1_000 }, { messages: 10 }),
})

const spec: BenchCase = {
  name: 'some/case',
  rows: [{ bench: 'some/case', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: contender('ours'),
  peers: [contender('one'), contender('two')],
  expected: ({ messages = 0 }) => ({ counted: messages, checksum: 2 * messages }),
}

/** A runner that answers from a table and keeps what it was asked for. */
function runner(answer: (name: string, run: number) => Ran): { asked: string[]; run: (c: Contender) => Promise<Ran> } {
  const asked: string[] = []
  return {
    asked,
    run: async ({ name }) => {
      asked.push(name)
      return answer(name, asked.filter((other) => other === name).length)
    },
  }
}

const good = (rate: number): Ran => ({ outcome: { figures: { rate }, counted: 10, checksum: 20 } })

test('rounds are interleaved: ours, every peer, ours again', async () => {
  const { asked, run } = runner((_, round) => good(round))
  const standings = await runRounds(spec, { scale: 'smoke', rounds: 2, run })
  expect(asked).toEqual(['ours', 'one', 'two', 'ours', 'one', 'two'])
  expect(standings[0]).toEqual({ kind: 'measured', figures: new Map([['rate', [1, 2]]]) })
})

test('a wrong count fails the contender and names both counts', async () => {
  const wrong: Ran = { outcome: { figures: { rate: 1 }, counted: 9, checksum: 20 } }
  const { run } = runner((name) => (name === 'ours' ? wrong : good(1)))
  const [ours] = await runRounds(spec, { scale: 'smoke', rounds: 1, run })
  expect(ours).toEqual({ kind: 'failed', why: 'counted 9 instead of 10' })
})

test('a wrong checksum fails the contender although the count is right', async () => {
  const wrong: Ran = { outcome: { figures: { rate: 1 }, counted: 10, checksum: 21 } }
  const { run } = runner((name) => (name === 'two' ? wrong : good(1)))
  const standings = await runRounds(spec, { scale: 'smoke', rounds: 1, run })
  expect(standings[2]).toEqual({ kind: 'failed', why: 'checksum 21 instead of 20' })
})

test('who fails or is skipped takes no part in later rounds, the others do', async () => {
  const { asked, run } = runner((name) => {
    if (name === 'one') return { skipped: 'not installed' }
    return name === 'two' ? { failure: 'exit code 1' } : good(1)
  })
  const standings = await runRounds(spec, { scale: 'smoke', rounds: 3, run })
  expect(asked).toEqual(['ours', 'one', 'two', 'ours', 'ours'])
  expect(standings.slice(1)).toEqual([
    { kind: 'skipped', why: 'not installed' },
    { kind: 'failed', why: 'exit code 1' },
  ])
})

test('quick is a quarter of the work, and fixed sizes stay as they are', () => {
  const three = sizes({ actors: 503, hops: 1_000 }, { hops: 10 })
  expect(three.quick).toEqual({ actors: 503, hops: 250 })
  expect(three.smoke).toEqual({ actors: 503, hops: 10 })
})
