import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { type Endpoint, wrap } from 'comlink'
import type { Work } from '../harness/bench-case.ts'
import { siblingModule } from '../harness/package-root.ts'
import { askAll } from './ask-all.ts'
import type { callHandlers } from './call-handlers.ts'

/** Comlink ships its adapter for Node without types that an ES module can import. */
type NodeEndpoint = (port: unknown) => Endpoint
const nodeEndpoint = createRequire(import.meta.url)('comlink/dist/umd/node-adapter.js') as NodeEndpoint

const ask: Work<{ asks: number; inFlight: number }> = async (size) => {
  const worker = new Worker(new URL(siblingModule('comlink.worker', import.meta.url)))
  const remote = wrap<typeof callHandlers>(nodeEndpoint(worker))
  return askAll(size, (value) => remote.answer(value))
}

export const works = { ask }
