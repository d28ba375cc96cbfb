/** What a lamp shows. */
export interface LampState {
  readonly isOn: boolean
  /** 0 to 100. */
  readonly brightness: number
  /** 0 to 100: white, from warm to cool; `COLOR_MODE_RGB`: colour. */
  readonly colorMode: number
  readonly rgb: readonly [number, number, number]
}

/** What is to be different; what is left out stays. Absolute: the same change twice is the same as once. */
export interface LampChange {
  readonly isOn?: boolean
  /** 0 to 100. */
  readonly brightness?: number
  /** 0 to 100. */
  readonly whiteTemperature?: number
  readonly rgb?: readonly [number, number, number]
  /** Index of a light show of the factory, 1 to 10. Any other change ends it. */
  readonly lightShow?: number
}

/** In the place of a white temperature: the colour counts. */
export const COLOR_MODE_RGB = 0xfe
