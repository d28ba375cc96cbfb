import { dispatch, query, type Ref, spawn, start, stop } from 'nact'
import type { Work } from '../harness/bench-case.ts'
import { rateOf } from '../harness/measure.ts'
import type { AskingKit, LocalMessage } from './local-kit.ts'
import { localWorks } from './local-works.ts'
import { savinaWorks } from './savina/savina-works.ts'

type NactRef = Ref<LocalMessage>

const ASK_DEADLINE_MS = 60_000
const system = start()
let spawned = 0

const kit: AskingKit<NactRef> = {
  spawn: (handler) =>
    spawn(system, (_state: unknown, message: LocalMessage, context) => handler(message, context.self), `a${spawned++}`),
  send: dispatch,
  stop,
  ask: async (ref, type, value) => {
    const answer = await query(ref, (from: NactRef): LocalMessage => ({ type, value, from }), ASK_DEADLINE_MS)
    return (answer as LocalMessage).value ?? 0
  },
}

/** One after the other; the answer is the number that was asked about. */
const ask: Work<{ asks: number }> = ({ asks }) => {
  const answerer = kit.spawn((message) =>
    kit.send(message.from as NactRef, { type: 'answer', value: message.value ?? 0 }),
  )
  return rateOf(asks, async (count) => {
    let checksum = 0
    for (let index = 0; index < count; index++) checksum += await kit.ask(answerer, 'ask', index)
    return { counted: count, checksum }
  })
}

export const works = { ...localWorks(kit), ...savinaWorks(kit), ask }
