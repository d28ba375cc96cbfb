import type { Codec } from '../codec/codec.ts'
import { brokerDataOffset, brokerHeaderBytes, writePublishHeader } from './broker-header.ts'

const nothing = new Uint8Array(0)

/** A message on its way out, its topic encoded already. */
export interface Outgoing {
  topic: Uint8Array
  data: Uint8Array
}

/** A publish, written straight into what is sent. */
export const publishCodec: Codec<Outgoing> = {
  name: 'publish',
  sizeOf: ({ topic, data }) => brokerHeaderBytes(topic) + data.length,
  encode(value) {
    const bytes = new Uint8Array(this.sizeOf(value))
    this.encodeInto(value, bytes)
    return bytes
  },
  encodeInto({ topic, data }, target, offset = 0) {
    const at = writePublishHeader(target, offset, topic)
    target.set(data, at)
    return at + data.length
  },
  decode(bytes) {
    const at = brokerDataOffset(bytes)
    return { topic: bytes.subarray(brokerHeaderBytes(nothing), at), data: bytes.subarray(at) }
  },
}
