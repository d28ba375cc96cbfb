/**
 * What a device is and how it deviates. `bulb`: as most are today. `legacy`: an old one, that announces no version and sends the mesh
 * states without a short answer before. `fan-switch`: the one model that does not escape, sends the checksum of its first packet with all
 * of its burst, and appends two bytes to what it syncs. The others have one of these deviations each.
 */
export type FirmwareKind = 'bulb' | 'legacy' | 'fan-switch' | 'unescaped' | 'stale-checksum' | 'trailing-bytes'

export interface Firmware {
  readonly kind: FirmwareKind
  /** What it calls itself in mesh states. u8. */
  readonly typeCode: number
  /** Whether 7d and 7e are escaped in what it sends. */
  readonly isEscaping: boolean
  /** Whether all of its burst has the checksum of the first packet. */
  readonly hasStaleChecksums: boolean
  /** Bytes behind the last entry of a sync, 0 or 2. */
  readonly trailingBytes: number
  /** Whether a short `f9 52` comes before the mesh states. */
  readonly answersStatesShortly: boolean
  /** Whether it says its versions after its login, in frames that begin with 00. */
  readonly announcesVersion: boolean
}

const bulb: Firmware = Object.freeze({
  kind: 'bulb',
  typeCode: 0x44,
  isEscaping: true,
  hasStaleChecksums: false,
  trailingBytes: 0,
  answersStatesShortly: true,
  announcesVersion: true,
})

export const firmwares: Readonly<Record<FirmwareKind, Firmware>> = Object.freeze({
  bulb,
  legacy: Object.freeze({
    ...bulb,
    kind: 'legacy',
    typeCode: 0x15,
    answersStatesShortly: false,
    announcesVersion: false,
  }),
  'fan-switch': Object.freeze({
    ...bulb,
    kind: 'fan-switch',
    typeCode: 0x51,
    isEscaping: false,
    hasStaleChecksums: true,
    trailingBytes: 2,
  }),
  unescaped: Object.freeze({ ...bulb, kind: 'unescaped', isEscaping: false }),
  'stale-checksum': Object.freeze({ ...bulb, kind: 'stale-checksum', hasStaleChecksums: true }),
  'trailing-bytes': Object.freeze({ ...bulb, kind: 'trailing-bytes', trailingBytes: 2 }),
})

export const firmwareKinds = Object.freeze(Object.keys(firmwares)) as readonly FirmwareKind[]
