import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { FleetEnds } from '../fleet/gateway-end.ts'
import { deferred } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import type { RawEnds } from './raw-clients.ts'
import type { Ends } from './roles.ts'

type PartnerEnds = Ends & RawEnds & FleetEnds

/** What a partner is to become. */
export interface PartnerRole {
  readonly moduleUrl: string
  readonly role: keyof PartnerEnds
  readonly args: readonly unknown[]
}

/** A call of a method, by number. */
export interface PartnerCall {
  readonly id: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** To a call, or with id 0 that the end has started. */
export interface PartnerAnswer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

const STARTED_ID = 0

/**
 * Starts one end of a contender in a process or thread of its own and answers a stand-in for it: its methods go there and
 * back. It ends with this process.
 */
export async function startPartner<R extends keyof PartnerEnds>(
  where: 'process' | 'thread',
  moduleUrl: string,
  role: R,
  ...args: Parameters<PartnerEnds[R]>
): Promise<Awaited<ReturnType<PartnerEnds[R]>>> {
  const line = where === 'process' ? processLine({ moduleUrl, role, args }) : threadLine({ moduleUrl, role, args })
  const waiting = new Map<number, ReturnType<typeof deferred<unknown>>>()
  line.onAnswer(({ id, value, error }) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(`${role}: ${error}`))
  })
  line.onEnd((why) => {
    for (const call of waiting.values()) call.reject(new Error(`${role} ended: ${why}`))
  })
  const answerTo = (id: number): Promise<unknown> => {
    const call = deferred<unknown>()
    waiting.set(id, call)
    return call.promise
  }
  await answerTo(STARTED_ID)
  let lastId = STARTED_ID
  const send = (method: string, ...callArgs: unknown[]): Promise<unknown> => {
    const answer = answerTo(++lastId)
    line.call({ id: lastId, method, args: callArgs })
    return answer
  }
  // A promise that resolves with it asks for `then`.
  const get = (_: object, name: string | symbol) =>
    typeof name === 'symbol' || name === 'then' ? undefined : send.bind(undefined, name)
  return new Proxy({}, { get }) as Awaited<ReturnType<PartnerEnds[R]>>
}

interface Line {
  call(call: PartnerCall): void
  onAnswer(listener: (answer: PartnerAnswer) => void): void
  onEnd(listener: (why: string) => void): void
}

/** In the group of this process, so that the harness ends it too. */
function processLine(role: PartnerRole): Line {
  const entry = new URL(siblingModule('partner-main', import.meta.url)).pathname
  const child = fork(entry, [JSON.stringify(role)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    call: (call) => child.send(call),
    onAnswer: (listener) => child.on('message', listener as (message: unknown) => void),
    onEnd: (listener) => child.once('exit', (code, signal) => listener(String(signal ?? code))),
  }
}

function threadLine(role: PartnerRole): Line {
  const worker = new Worker(new URL(siblingModule('partner-main', import.meta.url)), { workerData: role })
  return {
    call: (call) => worker.postMessage(call),
    onAnswer: (listener) => worker.on('message', listener),
    onEnd: (listener) =>
      worker.once('error', (error) => listener(String(error))).once('exit', (code) => listener(String(code))),
  }
}
