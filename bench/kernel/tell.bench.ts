import { Counter, Producer } from '../actors/flood.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf, sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours, xstate } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly messages: number
}

const sizeOf = (messages: number) => sizes<Size>({ messages }, { messages: 1_000 })

/** One actor floods another on the same thread. */
export const tell = benchCase<Size>({
  name: 'kernel/tell',
  rows: [{ bench: 'kernel/tell', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(10_000_000)),
  peers: [nact('tell', sizeOf(500_000), 20), erlang('tell', sizeOf(6_000_000), 1.5), xstate('tell', sizeOf(3_000_000))],
  expected: ({ messages }) => ({ counted: messages, checksum: sumBelow(messages) }),
})

export const works = {
  ours: ({ messages }: Size): Promise<Outcome> =>
    withSystem(0, async ({ system, gate, reported }) => {
      const counter = system.spawn(Counter, [gate])
      const producer = system.spawn(Producer, [counter])
      return rateOf(messages, (count) => {
        producer.tell.produce(0, count)
        return reported()
      })
    }),
}
