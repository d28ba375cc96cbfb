import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { SendResult } from 'troupe'
import { describe, expect, it, vi } from 'vitest'
import { SocketInlet } from '#actors/connection/socket-inlet'

/** An actor whose mailbox the test empties by hand. */
class HandFedActor {
  readonly mailbox: string[] = []
  readonly handled: string[] = []
  result: SendResult = 'accepted'
  #makeReady: (() => void)[] = []

  readonly receiver = {
    received: (chunk: Uint8Array) => this.#take(Buffer.from(chunk).toString()),
    ended: () => this.#take('END'),
    broken: () => this.#take('BROKEN'),
    ready: () =>
      new Promise<void>((resolve, reject) => {
        if (this.result === 'accepted') resolve()
        else if (this.result === 'actor-stopped') reject(new Error('stopped'))
        else this.#makeReady.push(resolve)
      }),
  }

  setResult(result: SendResult): void {
    this.result = result
    for (const resolve of this.#makeReady.splice(0)) resolve()
  }

  handle(inlet: SocketInlet): void {
    const message = this.mailbox.shift()!
    this.handled.push(message)
    if (message !== 'END' && message !== 'BROKEN') inlet.handled()
  }

  #take(message: string): SendResult {
    if (this.result === 'accepted') this.mailbox.push(message)
    return this.result
  }
}

/** Stands in for a socket; everything written to it is read from it, chunk by chunk. */
function makeInlet() {
  const stream = new PassThrough({ highWaterMark: 1, writableObjectMode: false, readableObjectMode: true })
  const actor = new HandFedActor()
  const inlet = new SocketInlet(stream as unknown as Socket, actor.receiver)
  inlet.open()
  return { stream, actor, inlet }
}

const chunks = Array.from({ length: 100 }, (_, n) => `chunk ${n}`)

describe('SocketInlet', () => {
  it('passes on every chunk and the end, in order', async () => {
    const { stream, actor, inlet } = makeInlet()
    for (const chunk of chunks) stream.write(chunk)
    stream.end()
    await vi.waitFor(() => {
      while (actor.mailbox.length > 0) actor.handle(inlet)
      expect(actor.handled).toEqual([...chunks, 'END'])
    })
  })

  it('stops reading while 16 chunks wait, and reads on when half of them are handled', async () => {
    const { stream, actor, inlet } = makeInlet()
    for (const chunk of chunks) stream.write(chunk)
    await vi.waitFor(() => expect(stream.isPaused()).toBe(true))
    expect(actor.mailbox.length).toBe(16)
    for (let n = 0; n < 8; n++) actor.handle(inlet)
    expect(stream.isPaused()).toBe(true)
    actor.handle(inlet)
    expect(stream.isPaused()).toBe(false)
  })

  it('keeps what a full mailbox refuses, and loses nothing', async () => {
    const { stream, actor, inlet } = makeInlet()
    actor.setResult('mailbox-full')
    for (const chunk of chunks) stream.write(chunk)
    stream.end()
    await vi.waitFor(() => expect(stream.isPaused()).toBe(true))
    actor.setResult('accepted')
    await vi.waitFor(() => {
      while (actor.mailbox.length > 0) actor.handle(inlet)
      expect(actor.handled).toEqual([...chunks, 'END'])
    })
  })

  it('says that the stream broke when it closes without an end', async () => {
    const { stream, actor, inlet } = makeInlet()
    stream.write('a')
    await vi.waitFor(() => expect(actor.mailbox).toEqual(['a']))
    actor.handle(inlet)
    stream.destroy(new Error('reset'))
    await vi.waitFor(() => expect(actor.mailbox).toEqual(['BROKEN']))
  })

  it.each<SendResult>(['actor-stopped', 'mailbox-full'])(
    'destroys the socket of a stopped actor (first told %s)',
    async (first) => {
      const { stream, actor } = makeInlet()
      actor.setResult(first)
      stream.write('a')
      if (first === 'mailbox-full') await vi.waitFor(() => expect(stream.isPaused()).toBe(true))
      actor.setResult('actor-stopped')
      await vi.waitFor(() => expect(stream.destroyed).toBe(true))
    },
  )
})
