import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { erlangPinned, named, ours, postMessage } from '../peers/contenders.ts'
import { flow } from './flow.ts'

interface Size {
  readonly [key: string]: number
  readonly messages: number
}

const sizeOf = (messages: number) => sizes<Size>({ messages }, { messages: 1_000 })

/** Two numbers a message, one way, from an actor of one thread to an actor of another. */
export const tell = benchCase<Size>({
  name: 'threads/tell',
  rows: [{ bench: 'threads/tell', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(10_000_000)),
  peers: [
    named('postMessage, one by one', postMessage('tell', sizeOf(800_000), 10)),
    erlangPinned('threads_tell', sizeOf(4_000_000), 1.5),
  ],
  expected: ({ messages }) => ({ counted: messages, checksum: sumBelow(messages) + messages }),
})

export const works = {
  ours: ({ messages }: Size): Promise<Outcome> =>
    flow(messages, (source, sink, count) => source.tell.sendNumbers(sink, count)),
}
