import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { named, ours, postMessage } from '../peers/contenders.ts'
import { flow } from './flow.ts'

interface Size {
  readonly [key: string]: number
  readonly messages: number
}

const sizeOf = (messages: number) => sizes<Size>({ messages }, { messages: 1_000 })

/** An object `{ op, seq, name, at }` a message, one way, from an actor of one thread to an actor of another. */
export const tellObject = benchCase<Size>({
  name: 'threads/tell-object',
  rows: [{ bench: 'threads/tell-object', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(2_000_000)),
  peers: [
    postMessage('tellObject', sizeOf(700_000), 3),
    named('postMessage, msgpackr', postMessage('tellPacked', sizeOf(500_000))),
  ],
  expected: ({ messages }) => ({ counted: messages, checksum: sumBelow(messages) }),
})

export const works = {
  ours: ({ messages }: Size): Promise<Outcome> =>
    flow(messages, (source, sink, count) => source.tell.sendReadings(sink, count)),
}
