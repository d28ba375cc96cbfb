import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PACKET_PAYLOAD_BYTES_MAX, PacketFraming, packetTypeName } from '#actors/connection/packet-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'

interface StreamVector {
  readonly id: string
  readonly name: string
  readonly chunks: readonly string[]
  readonly expectedPackets: readonly string[]
  readonly junk?: boolean
}

const vectors: readonly StreamVector[] = JSON.parse(
  readFileSync(new URL('./fixtures/cync-streams.json', import.meta.url), 'utf8'),
)
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const login = bytesOf('230000001a036457e7f200103031323334353637383961626364656600003c')

describeFramingContract({
  name: 'PacketFraming',
  makeFraming: () => new PacketFraming(26),
  messages: [login, bytesOf('d300000000'), bytesOf('c3000000010c'), bytesOf('7b000000076457e7f2000000')],
  anyMessage: fc
    .tuple(fc.nat(255), fc.uint8Array({ maxLength: 26 }))
    .map(([type, payload]) => Uint8Array.of(type, 0, 0, 0, payload.length, ...payload)),
  illegal: bytesOf('830000001b'),
  largest: login,
  oneMore: bytesOf(`230000001b${'00'.repeat(27)}`),
  oneMoreOnStream: bytesOf('230000001b'),
  received: { lengthBytes: 27, limitBytes: 26 },
  sent: { lengthBytes: 32, limitBytes: 31 },
  makeDefault: () => new PacketFraming(67_108_864),
  beginOfLargest: bytesOf('230400000001'),
})

describe('PacketFraming', () => {
  it.each(vectors.filter((vector) => vector.junk !== true))(
    'cuts captured stream $id: $name',
    ({ chunks, expectedPackets }) => {
      const framing = new PacketFraming()
      const packets: string[] = []
      for (const chunk of chunks)
        framing.push(bytesOf(chunk), (packet) => packets.push(Buffer.from(packet).toString('hex')))
      expect(packets).toEqual(expectedPackets)
      expect(framing.heldBytes).toBe(0)
    },
  )

  it('refuses junk before a packet, which promises an absurd length', () => {
    const junk = vectors.find((vector) => vector.junk === true)!
    expect(() => new PacketFraming().push(bytesOf(junk.chunks[0]!), () => {})).toThrow(
      'packet of type 0x00 at stream position 0 promises 8683131 bytes of payload, limit 16384',
    )
  })

  it('takes a payload of exactly the limit and refuses one byte more', () => {
    const packet = new Uint8Array(5 + PACKET_PAYLOAD_BYTES_MAX)
    packet.set([0x43, 0, 0, 0x40, 0])
    const lengths: number[] = []
    const framing = new PacketFraming()
    framing.push(packet, (frame) => lengths.push(frame.length))
    expect(lengths).toEqual([packet.length])
    expect(() => framing.push(bytesOf('4300004001'), () => {})).toThrow(
      'packet of type 0x43 at stream position 16389 promises 16385 bytes of payload, limit 16384',
    )
  })

  it('refuses too large a length as soon as its header is whole, however the header arrives', () => {
    const framing = new PacketFraming()
    framing.push(bytesOf('43ffffff'), () => {})
    expect(() => framing.push(bytesOf('ff'), () => {})).toThrow(expect.objectContaining({ code: 'message-too-large' }))
  })

  it('passes on a packet that lies whole in a chunk as a view of that chunk', () => {
    const chunk = Uint8Array.from([...login, ...login])
    const buffers: ArrayBufferLike[] = []
    new PacketFraming().push(chunk, (packet) => buffers.push(packet.buffer))
    expect(buffers).toEqual([chunk.buffer, chunk.buffer])
    expect(buffers.every((buffer) => buffer === chunk.buffer)).toBe(true)
  })

  it.each([-1, 1.5, 2 ** 32, Number.NaN])('refuses %d as its limit', (payloadBytesMax) => {
    expect(() => new PacketFraming(payloadBytesMax)).toThrow(`from 0 to 4294967295 bytes, got ${payloadBytesMax}`)
  })
})

describe('packetTypeName', () => {
  it('writes a type byte with two hex digits', () => {
    expect([0x03, 0x23, 0xd3].map(packetTypeName)).toEqual(['0x03', '0x23', '0xd3'])
  })
})
