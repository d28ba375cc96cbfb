import { implementConnection } from 'troupe/actors'

/** Answers in capitals. */
export const Shouter = implementConnection()({
  name: 'Shouter',
  module: import.meta.url,
  start: () => undefined,
  frame: (_self, link, message) => void link.send(Buffer.from(Buffer.from(message).toString().toUpperCase())),
  on: {},
})
