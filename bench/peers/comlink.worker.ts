import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import { callHandlers } from './call-handlers.ts'

/** Comlink ships its adapter for Node without types that an ES module can import. */
type NodeEndpoint = (port: unknown) => Endpoint
const nodeEndpoint = createRequire(import.meta.url)('comlink/dist/umd/node-adapter.js') as NodeEndpoint

expose(callHandlers, nodeEndpoint(parentPort))
