import { readFileSync } from 'node:fs'

/** A packet as it was seen, and what it says. */
export interface PacketVector {
  readonly id: string
  readonly hex: string
  readonly type: string
  readonly meaning: string
  readonly expected: Readonly<Record<string, unknown>> & {
    readonly frame?: Readonly<Record<string, unknown>> & { readonly checksumOk: boolean; readonly byteStuffing: string }
  }
}

export interface StreamVector {
  readonly id: string
  readonly name: string
  readonly chunks: readonly string[]
  readonly expectedPackets: readonly string[]
  readonly expectedTypes: readonly string[]
  readonly expectedRemainderHex: string
  readonly expectedSkippedBytes?: number
}

const load = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'))

export const packetVectors: readonly PacketVector[] = load('cync.json')
export const streamVectors: readonly StreamVector[] = load('cync-streams.json')

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
