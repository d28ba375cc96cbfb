declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort, Worker } from 'node:worker_threads'
  import type { Endpoint } from 'comlink'

  /** Comlink's own adapter; the package ships no types for it. */
  export default function nodeEndpoint(port: MessagePort | Worker): Endpoint
}
