import type { LightShow } from './command.ts'

/** Index and nonce of each: the lamps take these pairs and no others. */
const shows: Readonly<Record<LightShow, readonly [index: number, nonce: number]>> = Object.freeze({
  candle: [0x01, 0xf1],
  rainbow: [0x02, 0x7a],
  cyber: [0x43, 0x9f],
  fireworks: [0x03, 0xda],
  volcanic: [0x04, 0xf4],
  aurora: [0x05, 0x1c],
  'happy-holidays': [0x06, 0x54],
  'red-white-blue': [0x07, 0x4f],
  vegas: [0x08, 0xe3],
  party: [0x09, 0x06],
})

export const lightShows: readonly LightShow[] = Object.freeze(Object.keys(shows) as LightShow[])

export function lightShowPair(show: LightShow): readonly [index: number, nonce: number] | undefined {
  return Object.hasOwn(shows, show) ? shows[show] : undefined
}

export function lightShowOf(index: number, nonce: number): LightShow | undefined {
  return lightShows.find((show) => shows[show][0] === index && shows[show][1] === nonce)
}
