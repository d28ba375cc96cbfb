import { describe, expect, it } from 'vitest'
import { MemoryOutbox } from '#actors/reliable/memory-outbox'
import { messageIdBytes } from '#actors/reliable/message-id'
import { frameKinds } from '#actors/reliable/reliable-frame-layout'
import { DeviceMetrics } from '#actors/reliable/reliable-metrics'
import { LossyNetwork, type SideOptions } from './lossy-network.ts'

const clean = (a: SideOptions = {}, b: SideOptions = {}) => {
  const network = new LossyNetwork(1, {}, a, b).connect()
  network.run(5)
  return network
}
const resultOf = (network: LossyNetwork, text: string) => network.a.results.get(text)
const framesOf = (network: LossyNetwork, kind: number) => network.a.sentFrames.filter((one) => one === kind).length

describe('A reliable session', () => {
  it('has as many messages under way as its window, and as the peer allows', () => {
    const network = clean({}, { options: { receiveQueueMax: 30 } })
    network.isPartitioned = true
    for (let n = 0; n < 100; n++) network.a.send(`${n}`)
    expect(framesOf(network, frameKinds.data)).toBe(30)
    const other = clean()
    other.isPartitioned = true
    for (let n = 0; n < 100; n++) other.a.send(`${n}`)
    expect(framesOf(other, frameKinds.data)).toBe(50)
  })

  it('acknowledges along with its own messages where it can', () => {
    const network = clean()
    network.b.isHolding = true
    network.a.send('question')
    network.run(2)
    const [message] = network.b.open
    network.b.session.settle(message!, undefined, network.nowMs)
    network.b.sentFrames.length = 0
    network.b.send('answer')
    expect(network.b.sentFrames).toEqual([frameKinds.data])
    network.run(2)
    expect(resultOf(network, 'question')).toMatchObject({ kind: 'delivered', attempts: 1 })
  })

  it('acknowledges what is being processed after a while, so that it is not sent again', () => {
    const network = clean({ options: { timeoutMs: 500 } })
    network.b.isHolding = true
    network.a.send('slow')
    network.run(20_000)
    expect(network.a.session.statistics.resentFrames).toBe(0)
    network.b.settle(network.b.open[0]!)
    network.run(5)
    expect(resultOf(network, 'slow')).toMatchObject({ kind: 'delivered', attempts: 1 })
  })

  it('asks what became of a message when the last acknowledgement was lost', () => {
    const network = clean({ options: { timeoutMs: 500 } })
    network.b.isHolding = true
    network.a.send('slow')
    network.run(100)
    network.isPartitioned = true
    network.b.settle(network.b.open[0]!)
    network.run(10)
    network.isPartitioned = false
    network.run(3_000)
    expect(resultOf(network, 'slow')).toMatchObject({ kind: 'delivered', attempts: 1 })
  })

  it('sends again after 5 s and a delay, three times, and gives up', () => {
    const metrics = new DeviceMetrics()
    const network = clean({ metrics, options: { keepAliveMs: Number.POSITIVE_INFINITY, retry: { jitterMs: 0 } } })
    network.isPartitioned = true
    network.a.send('x')
    const before = network.nowMs
    const sentAt: number[] = []
    while (!network.a.results.has('x')) {
      const count = framesOf(network, frameKinds.data)
      network.run(1)
      if (framesOf(network, frameKinds.data) > count) sentAt.push(Math.round(network.nowMs - before))
    }
    expect(sentAt).toEqual([5_250, 10_750, 16_750])
    expect(resultOf(network, 'x')).toEqual({ kind: 'abandoned', reason: 'retries-exhausted', attempts: 4 })
    expect(metrics.ackTimeouts).toBe(4)
    expect([...metrics.retryAttempts].slice(1, 4)).toEqual([1, 1, 1])
    expect(metrics.abandoned['retries-exhausted']).toBe(1)
    network.isPartitioned = false
    network.a.send('y')
    network.run(20_000)
    expect(network.b.processed).toEqual(['y']) // which does not wait for what was given up
  })

  it('sends again at once what others have overtaken', () => {
    const network = clean()
    network.a.send('first')
    network.run(5)
    network.isPartitioned = true
    network.a.send('lost')
    network.run(2)
    network.isPartitioned = false
    for (let n = 0; n < 5; n++) network.a.send(`${n}`)
    network.run(20)
    expect(network.b.processed).toEqual(['first', 'lost', '0', '1', '2', '3', '4'])
    expect(resultOf(network, 'lost')).toMatchObject({ kind: 'delivered', attempts: 2 })
  })

  it('processes unordered messages at once, and ordered ones in their turn', () => {
    const network = clean()
    network.isPartitioned = true
    network.a.send('lost')
    network.isPartitioned = false
    network.a.send('ordered')
    network.a.send('unordered', { ordered: false })
    network.run(3)
    expect(network.b.processed).toEqual(['unordered'])
    network.run(20_000)
    expect(network.b.processed).toEqual(['unordered', 'lost', 'ordered'])
  })

  it('tells a refusal until the sender knows of it', () => {
    const network = clean({}, { refuse: () => 'too hot' })
    network.a.send('x')
    network.run(0.5)
    network.isPartitioned = true
    network.run(2)
    network.isPartitioned = false
    network.run(2_000)
    expect(resultOf(network, 'x')).toEqual({ kind: 'rejected', reason: 'too hot', attempts: 1 })
    network.a.send('y')
    network.run(2_000)
    expect(network.b.session.wakeMs).toBeGreaterThan(network.nowMs + 1_000)
    expect(resultOf(network, 'y')).toMatchObject({ kind: 'rejected' })
  })

  it('takes back what is queued and what is on its way; the receiver goes on without it', () => {
    const network = clean()
    network.isPartitioned = true
    const { id } = network.a.send('sent')
    network.isPartitioned = false
    network.a.send('behind')
    network.run(3)
    expect(network.a.session.cancel(id, network.nowMs)).toBe(true)
    expect(network.a.session.cancel(id, network.nowMs)).toBe(false)
    network.run(100)
    expect(resultOf(network, 'sent')).toMatchObject({ kind: 'cancelled', attempts: 1 })
    expect(network.b.processed).toEqual(['behind'])
    expect(network.a.session.pendingCount).toBe(0)
  })

  it('refuses a message that is too large for itself or for the peer', () => {
    const network = clean({}, { options: { messageBytesMax: 100 } })
    network.a.send('x'.repeat(2_000_000))
    network.a.send('x'.repeat(101))
    network.a.send('fits')
    network.run(10)
    expect(resultOf(network, 'x'.repeat(2_000_000))).toMatchObject({ kind: 'rejected', reason: 'message-too-large' })
    expect(resultOf(network, 'x'.repeat(101))).toMatchObject({
      kind: 'rejected',
      reason: 'message-too-large',
      attempts: 0,
    })
    expect(resultOf(network, 'fits')).toMatchObject({ kind: 'delivered' })
  })

  it('does not process an id again that it has processed, also of another session', () => {
    const network = clean()
    const id = messageIdBytes('01020304-0506-7008-890a-0b0c0d0e0f10')
    network.a.send('once', { id })
    network.run(5)
    network.breakLink()
    network.a.restart()
    network.run(100)
    network.a.results.clear()
    network.a.send('once', { id })
    network.run(100)
    expect(network.b.processed).toEqual(['once'])
    expect(resultOf(network, 'once')).toMatchObject({ kind: 'delivered' })
  })

  it('processes an id once that comes again while it is being processed, and answers both alike', () => {
    const network = clean()
    network.b.isHolding = true
    const id = messageIdBytes('01020304-0506-7008-890a-0b0c0d0e0f10')
    network.a.send('one', { id })
    network.a.send('same', { id })
    network.run(5)
    expect(network.b.open).toHaveLength(1)
    network.b.settle(network.b.open[0]!, 'no')
    network.run(5)
    expect(resultOf(network, 'one')).toMatchObject({ kind: 'rejected', reason: 'no' })
    expect(resultOf(network, 'same')).toMatchObject({ kind: 'rejected', reason: 'no' })
  })

  it.each(['resend', 'abandon'] as const)(
    'with %s deals with a peer that has lost what it had received',
    (afterPeerLoss) => {
      const network = clean({ options: { afterPeerLoss } })
      network.b.isHolding = true
      network.a.send('under way')
      network.run(50)
      network.breakLink()
      network.b.restart()
      network.b.isHolding = false
      network.run(500)
      expect(network.a.peerLosses).toBe(1)
      const isResent = afterPeerLoss === 'resend'
      const expected = isResent ? { kind: 'delivered', attempts: 2 } : { kind: 'abandoned', reason: 'peer-reset' }
      expect(resultOf(network, 'under way')).toMatchObject(expected)
      network.a.send('after')
      network.run(100)
      expect(network.b.processed.slice(1)).toEqual(isResent ? ['under way', 'after'] : ['after'])
    },
  )

  it.each([
    ['reject', ['rejected']],
    ['drop-oldest', ['accepted']],
    ['block', ['wait']],
  ] as const)('with %s bounds what waits to be sent', (sendPolicy, [answer]) => {
    const network = new LossyNetwork(1, {}, { options: { sendPolicy, sendQueueMax: 3 } })
    for (const text of ['a', 'b', 'c']) expect(network.a.send(text).answer).toBe('accepted')
    expect(network.a.send('d').answer).toBe(answer)
    network.connect().run(100)
    const isDropping = sendPolicy === 'drop-oldest'
    expect(network.b.processed).toEqual(isDropping ? ['b', 'c', 'd'] : ['a', 'b', 'c'])
    expect(network.a.rooms).toBe(sendPolicy === 'block' ? 1 : 0)
    if (isDropping) expect(resultOf(network, 'a')).toEqual({ kind: 'abandoned', reason: 'queue-full', attempts: 0 })
  })

  it.each(['reject', 'drop-oldest'] as const)('with %s rejects what it has no room to receive', (receivePolicy) => {
    const network = clean(
      {},
      { options: { receivePolicy, receiveQueueMax: 2, processingMax: 1, messageBytesMax: 100 } },
    )
    network.b.isHolding = true
    for (const text of ['a', 'b', 'c', 'd']) network.a.send(text)
    network.run(50)
    const refused = receivePolicy === 'reject' ? 'd' : 'b'
    expect(resultOf(network, refused)).toMatchObject({ kind: 'rejected', reason: 'queue-full' })
  })

  it('waits while the link has no room, and goes on', () => {
    const network = clean()
    network.a.isBlocked = true
    network.a.send('x')
    network.run(20_000, () => false)
    network.a.isBlocked = false
    network.a.session.writable(network.nowMs)
    network.run(50)
    expect(resultOf(network, 'x')).toMatchObject({ kind: 'delivered' })
  })

  it('gives up a link on which only rubbish comes', () => {
    const network = clean()
    for (let n = 0; n < 8; n++) network.a.session.receive(new Uint8Array(40).fill(n), network.nowMs)
    expect(network.a.brokenLinks).toBe(1)
    expect(network.a.session.statistics.badFrames).toBe(8)
  })

  it('sends nothing that is not stored, and confirms what is done with', async () => {
    const outbox = new MemoryOutbox()
    const network = clean({ outbox })
    outbox.onFlushed = () => network.a.session.stored(network.nowMs)
    network.a.send('x')
    expect(framesOf(network, frameKinds.data)).toBe(0)
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(10)
    expect(resultOf(network, 'x')).toMatchObject({ kind: 'delivered' })
    expect(outbox.unconfirmedCount).toBe(0)
  })

  it('sends what an outbox has under the old ids and sequences, and not what was processed already', async () => {
    const outbox = new MemoryOutbox()
    const network = clean({ outbox, options: { chunkBytes: 64 } })
    outbox.onFlushed = () => network.a.session.stored(network.nowMs)
    for (const text of ['a', 'b'.repeat(200), 'c']) network.a.send(text)
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(1.5) // processed, and not yet acknowledged
    expect(network.b.processed).toHaveLength(3)
    expect(outbox.unconfirmedCount).toBe(3)
    network.breakLink()
    network.a.restart()
    network.run(500)
    expect(network.b.processed).toHaveLength(3)
    expect(network.a.session.pendingCount).toBe(0)
    expect(outbox.unconfirmedCount).toBe(0)
  })

  it('takes what a peer had settled in an earlier life for delivered, also where it is more than a window', async () => {
    const outbox = new MemoryOutbox()
    const options = { windowMax: 4, retry: { baseMs: 1, capMs: 1, jitterMs: 0 } }
    const network = clean({ outbox, options })
    outbox.onFlushed = () => network.a.session.stored(network.nowMs)
    const { confirm } = outbox
    outbox.confirm = () => {} // as when the process dies before it is on disk
    for (let n = 0; n < 20; n++) network.a.send(`${n}`)
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(500)
    expect([network.b.processed.length, outbox.unconfirmedCount]).toEqual([20, 20])
    network.breakLink()
    outbox.confirm = confirm
    network.a.restart()
    network.run(20_000)
    expect(network.a.session.statistics).toMatchObject({ pendingMessages: 0, resentFrames: 0, sentFrames: 0 })
    network.a.send('after')
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(100)
    expect(network.b.processed).toHaveLength(21)
    expect([outbox.unconfirmedCount, resultOf(network, 'after')!.kind]).toEqual([0, 'delivered'])
  })

  it('makes room when messages expire, also while there is no link', () => {
    const network = new LossyNetwork(1, {}, { options: { sendQueueMax: 1 } })
    network.a.send('first', { ttlMs: 100 })
    expect(network.a.send('second').answer).toBe('wait')
    network.run(200)
    expect(resultOf(network, 'first')).toMatchObject({ kind: 'abandoned', reason: 'expired', attempts: 0 })
    expect(network.a.rooms).toBe(1)
  })

  it('tells its peer to skip nothing that is not stored: another life would use these sequences again', async () => {
    const outbox = new MemoryOutbox()
    const network = clean({ outbox })
    outbox.onFlushed = () => network.a.session.stored(network.nowMs)
    const { id } = network.a.send('taken back')
    network.a.send('behind')
    network.a.session.cancel(id, network.nowMs)
    network.run(100)
    expect(framesOf(network, frameKinds.skip)).toBe(0)
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(100)
    expect(framesOf(network, frameKinds.skip)).toBeGreaterThan(0)
    expect(network.b.processed).toEqual(['behind'])
  })

  it('gives up what an outbox that has failed will never store, and sends what it has stored', async () => {
    const outbox = new MemoryOutbox()
    const network = new LossyNetwork(1, {}, { outbox })
    network.a.send('stored')
    await outbox.flushed()
    network.a.send('not stored')
    Object.defineProperty(outbox, 'flushedSequence', { value: 1 })
    network.a.session.outboxFailed(network.nowMs)
    expect(resultOf(network, 'not stored')).toEqual({ kind: 'abandoned', reason: 'outbox-failed', attempts: 0 })
    network.connect().run(100)
    expect(resultOf(network, 'stored')).toMatchObject({ kind: 'delivered' })
    expect(network.b.processed).toEqual(['stored'])
  })

  it('reports what took the place of another and could not be stored, and goes on behind it', async () => {
    const outbox = new MemoryOutbox()
    const network = new LossyNetwork(1, {}, { outbox, options: { sendQueueMax: 2, sendPolicy: 'reject' } })
    outbox.onFlushed = () => network.a.session.stored(network.nowMs)
    network.a.send('first')
    network.a.send('debug', { priority: 'low' })
    const store = outbox.store.bind(outbox)
    outbox.store = () => {
      throw new Error('no room')
    }
    expect(network.a.send('alarm', { priority: 'high' }).answer).toBe('accepted')
    outbox.store = store
    expect(resultOf(network, 'debug')).toMatchObject({ kind: 'abandoned', reason: 'queue-full' })
    expect(resultOf(network, 'alarm')).toMatchObject({ kind: 'abandoned', reason: 'queue-full', attempts: 0 })
    network.connect().run(20)
    network.a.send('after')
    await outbox.flushed()
    await new Promise(setImmediate)
    network.run(100)
    expect(network.b.processed).toEqual(['first', 'after'])
  })
})
