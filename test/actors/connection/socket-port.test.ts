import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { canMoveSockets, isBusyThread, SocketPort } from '#actors/connection/socket-port'

/** A thread that says that it is there, and then does this. */
async function thread(then: string): Promise<Worker> {
  const code = `require('node:worker_threads').parentPort.postMessage('up'); ${then}`
  const worker = new Worker(code, { eval: true })
  onTestFinished(async () => void (await worker.terminate()))
  await once(worker, 'message')
  return worker
}

describe.skipIf(!canMoveSockets)('the port to a thread', () => {
  it('is given up when that thread hangs, and may be tried again', async () => {
    const { threadId } = await thread('for (;;);')
    const error = await SocketPort.open({ threadId, key: 'any' }).catch((reason: Error) => reason)
    expect(isBusyThread(error)).toBe(true)
  })

  it('cannot be opened when that thread is gone, which is another thing', async () => {
    const worker = await thread('')
    const { threadId } = worker
    await worker.terminate()
    const error = await SocketPort.open({ threadId, key: 'any' }).catch((reason: Error) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(isBusyThread(error)).toBe(false)
  })
})
