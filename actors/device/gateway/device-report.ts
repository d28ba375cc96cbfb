/** Colour mode of a device that shows a colour; 0 to 100 is a white temperature. */
export const RGB_MODE = 0xfe

/** What a device of the mesh does, in what way it was asked to. */
export interface DeviceState {
  readonly isOn: boolean
  /** 0 to 100; of plugs with two outlets: a mask of those that are on. A device that is off may have one above 0. */
  readonly brightness: number
  /** 0 (warm) to 100 (cool): white; 0xfe: colour. */
  readonly colorMode: number
  /** 0 to 255 each. */
  readonly rgb: readonly [red: number, green: number, blue: number]
}

/** One device's state as a controller tells it. */
export interface DeviceReport extends DeviceState {
  /** 1 to 255. */
  readonly address: number
  /** False: the controller has not heard the device lately, and repeats what it last knew. */
  readonly isOnline: boolean
  /** Upon a change; of a list of what the controller knows; in answer to a mesh query. */
  readonly source: 'announce' | 'sync' | 'page'
}
