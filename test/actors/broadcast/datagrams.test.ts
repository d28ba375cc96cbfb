import { createSocket } from 'node:dgram'
import type { System } from 'troupe'
import {
  DATAGRAM_MESSAGE_BYTES_MAX,
  DatagramSequence,
  JsonCodec,
  receiveDatagrams,
  resolveEndpoint,
  sendDatagrams,
  type UdpEndpoint,
} from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { DatagramInbox } from '#fixtures/broadcast/datagram-inbox.actor'
import { eventually } from '../../support/eventually.ts'
import { sharedSystem } from '../../support/shared-system.ts'

const anyPort = 'udp://127.0.0.1:0'
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

async function receiver(system: System) {
  const inbox = system.spawn(DatagramInbox, [])
  const ref = receiveDatagrams(system, anyPort, { target: inbox })
  return { inbox, ref, url: await ref.ask.endpoint() }
}

/** Sends datagrams as they are. */
async function sendRaw(url: string, datagrams: readonly Uint8Array[]): Promise<void> {
  const { host, port } = resolveEndpoint(url) as UdpEndpoint
  const socket = createSocket('udp4')
  for (const datagram of datagrams) await new Promise((resolve) => socket.send(datagram, port, host, resolve))
  socket.close()
}

/** Datagrams of one sender with these numbers, each with its number as text. */
function numbered(numbers: readonly number[]): Uint8Array[] {
  return numbers.map((number) => new DatagramSequence({ next: () => 0.5 }, number).encode(bytes(String(number))))
}

describe.each([0, 1])('datagrams with %i threads', (threads) => {
  const system = sharedSystem({ threads })

  it('go from a sender to a receiver, each a message of its own, also an empty one', async () => {
    const { inbox, ref, url } = await receiver(system())
    const sender = sendDatagrams(system(), url)
    const codec = new JsonCodec()
    const messages = [bytes('one'), bytes(''), codec.encode({ two: 2 })]
    for (const message of messages) expect(await sender.ask.send(message)).toBeUndefined()
    await eventually(async () => expect(await inbox.ask.texts()).toEqual(['one', '', '{"two":2}']))
    const { losses, senders } = await ref.ask.statistics()
    expect({ losses, senders }).toMatchObject({ losses: { received: 3, lost: 0 }, senders: 1 })
    const { senderId, ...sent } = await sender.ask.statistics()
    expect(sent).toEqual({ sentMessages: 3, sentBytes: 36, failedMessages: 0, droppedMessages: 0 })
    expect(await ref.ask.lossesOf(senderId)).toMatchObject({ received: 3 })
  })

  it('that are lost, late or doubled are counted, and delivered once', async () => {
    const { inbox, ref, url } = await receiver(system())
    await sendRaw(url, numbered([0, 1, 4, 3, 3, 4, 7]))
    await eventually(async () => expect(await inbox.ask.texts()).toEqual(['0', '1', '4', '3', '7']))
    expect((await ref.ask.statistics()).losses).toEqual({
      received: 5,
      lost: 3,
      duplicates: 2,
      reordered: 1,
      stale: 0,
    })
  })

  it('that are shorter than their header are counted and otherwise ignored', async () => {
    const { inbox, ref, url } = await receiver(system())
    await sendRaw(url, [bytes('short'), new Uint8Array(0), ...numbered([0])])
    await eventually(async () => expect(await inbox.ask.texts()).toEqual(['0']))
    expect((await ref.ask.statistics()).malformedCount).toBe(2)
  })

  it('reach every receiver of a group on this machine', async () => {
    const port = 20_000 + (process.pid % 20_000) + threads * 20_000
    const group = `udp://239.255.17.${1 + threads}:${port}?interface=127.0.0.1`
    const inboxes = [1, 2].map(() => system().spawn(DatagramInbox, []))
    const receivers = inboxes.map((target) => receiveDatagrams(system(), group, { target }))
    for (const ref of receivers) await ref.ready()
    const sender = sendDatagrams(system(), group)
    await sender.ask.send(bytes('all'))
    for (const inbox of inboxes) await eventually(async () => expect(await inbox.ask.texts()).toEqual(['all']))
  })

  it('are read as a stream, and what it has no room for is dropped and counted', async () => {
    const ref = receiveDatagrams(system(), anyPort, { queueMessagesMax: 2 })
    const url = await ref.ask.endpoint()
    const stream = ref.with({ window: 1 }).stream.messages()
    const first = stream.next()
    await eventually(async () => expect((await ref.ask.statistics()).streams).toBe(1))
    await sendRaw(url, numbered([0]))
    expect(Buffer.from((await first).value ?? []).toString()).toBe('0')
    await sendRaw(url, numbered([1, 2, 3, 4, 5, 6, 7, 8, 9]))
    await eventually(async () => expect((await ref.ask.statistics()).losses.received).toBe(10))
    const { droppedMessages } = await ref.ask.statistics()
    expect(droppedMessages).toBeGreaterThan(0)
    for (let left = 9 - droppedMessages, n = 1; left > 0; left--, n++)
      expect(Buffer.from((await stream.next()).value ?? []).toString()).toBe(String(n))
    const waiting = stream.next()
    await stream.return?.()
    expect((await waiting).done).toBe(true)
  })

  it('refuse a message that is too large, with both numbers, and send the largest', async () => {
    const { inbox, url } = await receiver(system())
    const sender = sendDatagrams(system(), url)
    expect(await sender.ask.send(new Uint8Array(DATAGRAM_MESSAGE_BYTES_MAX + 1))).toMatchObject({
      code: 'message-too-large',
      lengthBytes: 65_500,
      limitBytes: 65_499,
    })
    expect(await sender.ask.send(new Uint8Array(DATAGRAM_MESSAGE_BYTES_MAX).fill(97))).toBeUndefined()
    await eventually(async () => expect((await inbox.ask.texts())[0]?.length).toBe(65_499))
  })

  it('need a port that is free, an endpoint for datagrams, and options that there are', async () => {
    const { url } = await receiver(system())
    await expect(receiveDatagrams(system(), url).ready()).rejects.toThrow(`cannot receive on ${url}: bind EADDRINUSE`)
    expect(() => sendDatagrams(system(), 'tcp://127.0.0.1:1')).toThrow('datagrams need an endpoint udp://host:port')
    const odd = receiveDatagrams(system(), anyPort, { queueMessagesMax: 0 })
    await expect(odd.ready()).rejects.toThrow(
      'queueMessagesMax must be a whole number from 1 to 1000000 messages, got 0',
    )
  })
})
