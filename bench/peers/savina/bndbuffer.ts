import type { Tally } from '../../harness/bench-case.ts'
import { deferred } from '../../harness/measure.ts'
import { processItem } from '../../savina/computation.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'

/** A manager passes items from producers to consumers and lets producers wait while too much is pending. */
export async function bndbuffer<Ref>(kit: AskingKit<Ref>, size: SavinaSize<'bndbuffer'>): Promise<Tally> {
  const done = deferred<void>()
  let counted = 0
  let checksum = 0
  const availableConsumers: Ref[] = []
  const availableProducers: Ref[] = []
  const pending: { value: number; data: unknown }[] = []
  const pendingMax = size.bufferSize - size.producers
  let ended = 0
  const endIfDone = (): void => {
    if (ended === size.producers && availableConsumers.length === size.consumers) done.resolve()
  }
  const manager = kit.spawn((message) => {
    if (message.type === 'item') {
      const item = { value: message.value ?? 0, data: message.data }
      const consumer = availableConsumers.shift()
      if (consumer === undefined) pending.push(item)
      else kit.send(consumer, { type: 'item', ...item })
      if (pending.length >= pendingMax) availableProducers.push(message.from as Ref)
      else kit.send(message.from as Ref, { type: 'produce' })
    } else if (message.type === 'available') {
      const item = pending.shift()
      if (item === undefined) {
        availableConsumers.push(message.from as Ref)
        return endIfDone()
      }
      kit.send(message.from as Ref, { type: 'item', ...item })
      const producer = availableProducers.shift()
      if (producer !== undefined) kit.send(producer, { type: 'produce' })
    } else {
      ended++
      endIfDone()
    }
  })
  const consumers = Array.from({ length: size.consumers }, () => {
    let consumed = 0
    return kit.spawn((message, self) => {
      consumed = processItem(consumed + (message.data as number), size.cost)
      counted++
      checksum += message.value ?? 0
      kit.send(manager, { type: 'available', from: self })
    })
  })
  availableConsumers.push(...consumers)
  const producers = Array.from({ length: size.producers }, () => spawnProducer(kit, manager, size))
  for (const producer of producers) kit.send(producer, { type: 'produce' })
  await done.promise
  for (const ref of [...producers, ...consumers, manager]) kit.stop(ref)
  return { counted, checksum }
}

function spawnProducer<Ref>(kit: AskingKit<Ref>, manager: Ref, { items, cost }: SavinaSize<'bndbuffer'>): Ref {
  let produced = 0
  let data = 0
  return kit.spawn((_message, self) => {
    if (produced === items) return kit.send(manager, { type: 'ended' })
    data = processItem(data, cost)
    kit.send(manager, { type: 'item', value: produced, data, from: self })
    produced++
  })
}
