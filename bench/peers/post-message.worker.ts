import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { pack } from 'msgpackr'

export type FrameMode = 'copied' | 'transferred' | 'returned'

/** What the worker is to do. */
export type WorkerRole =
  | { readonly role: 'numbers' | 'objects' | 'packed' | 'answerer' }
  | { readonly role: 'frames'; readonly mode: FrameMode; readonly bytes: number }
  | { readonly role: 'receivers'; readonly actors: number }

/** Two numbers, or the object of `threads/tell-object`. */
export type ValuePost =
  | { readonly a: number; readonly b: number }
  | { readonly a?: undefined; readonly op: string; readonly seq: number; readonly name: string; readonly at: number }

export interface FramePost {
  readonly frame: Uint8Array<ArrayBuffer>
}

/** From the main thread: begin to send `start` messages, go on with `credit` more of them, reuse `buffers`. */
interface Order {
  readonly start?: number
  readonly credit: number
  readonly buffers?: readonly ArrayBuffer[]
}

function produce(port: MessagePort, sendOne: (index: number) => void, onBuffers?: (order: Order) => void): void {
  let total = 0
  let sent = 0
  let credit = 0
  port.on('message', (order: Order) => {
    if (order.start !== undefined) {
      total = order.start
      sent = 0
      credit = 0
    }
    onBuffers?.(order)
    credit += order.credit
    for (; credit > 0 && sent < total; credit--) sendOne(sent++)
  })
}

function produceFrames(port: MessagePort, mode: FrameMode, bytes: number): void {
  const template = new Uint8Array(bytes).fill(7)
  const spare: ArrayBuffer[] = []
  const sendOne = (index: number): void => {
    if (mode === 'copied') {
      template[0] = index & 255
      port.postMessage({ frame: template })
      return
    }
    const frame = new Uint8Array(spare.pop() ?? new ArrayBuffer(bytes))
    frame.set(template)
    frame[0] = index & 255
    port.postMessage({ frame }, [frame.buffer])
  }
  produce(port, sendOne, ({ buffers }) => spare.push(...(buffers ?? [])))
}

/** Adds up what every receiver got and reports when all of them got one. A frame for nobody in particular is for all. */
function receive(port: MessagePort, actors: number): void {
  let counted = 0
  let checksum = 0
  const receivers = Array.from({ length: actors }, () => (frame: Uint8Array) => {
    counted++
    checksum += frame.length + (frame[0] ?? 0)
  })
  port.on('message', ({ receiver, frame }: { receiver?: number; frame: Uint8Array }) => {
    if (receiver === undefined) for (const receive of receivers) receive(frame)
    else receivers[receiver]?.(frame)
    if (counted < actors) return
    port.postMessage({ counted, checksum })
    counted = 0
    checksum = 0
  })
}

function play(port: MessagePort, role: WorkerRole): void {
  switch (role.role) {
    case 'numbers':
      produce(port, (index) => port.postMessage({ a: index, b: 1 }))
      break
    case 'objects':
      produce(port, (index) => port.postMessage({ op: 'set', seq: index, name: 'sensor-17', at: 1_700_000_000_000 }))
      break
    case 'packed':
      produce(port, (index) =>
        port.postMessage(pack({ op: 'set', seq: index, name: 'sensor-17', at: 1_700_000_000_000 })),
      )
      break
    case 'answerer':
      port.on('message', ({ id, value }) => port.postMessage({ id, value }))
      break
    case 'frames':
      produceFrames(port, role.mode, role.bytes)
      break
    case 'receivers':
      receive(port, role.actors)
      break
  }
}

if (parentPort === null) throw new Error('a worker thread of post-message.ts, not a program')
play(parentPort, workerData as WorkerRole)
parentPort.postMessage('up')
