import type { ActorRef } from 'troupe'
import { FlowSink, type FlowSinkProtocol, FlowSource, type FlowSourceProtocol } from '../actors/flow.actor.ts'
import type { Outcome, Tally } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'

type Begin = (source: ActorRef<FlowSourceProtocol>, sink: ActorRef<FlowSinkProtocol>, count: number) => void

/** Ours of the one-way floods: a source and a sink, each on a worker thread of its own. */
export function flow(messages: number, begin: Begin): Promise<Outcome> {
  return withSystem(2, async ({ system, gate, reported }) => {
    const sink = system.spawn(FlowSink, [gate], { placement: 'pinned' })
    const source = system.spawn(FlowSource, [], { placement: 'pinned' })
    await Promise.all([sink.ready(), source.ready()])
    return rateOf(messages, async (count): Promise<Tally> => {
      await sink.ask.expect(source, count)
      begin(source, sink, count)
      return reported()
    })
  })
}
