import { type ActorRef, type Frame, implement } from 'troupe'

export interface AnalystProtocol {
  /** Answers the sum of the bytes of a picture. */
  brightness(picture: Frame): number
}

export interface CameraProtocol {
  /** Takes a picture of so many bytes, and answers what each analyst says of it. */
  shoot(bytes: number, analysts: readonly ActorRef<AnalystProtocol>[]): Promise<number[]>
}

/** Makes frames: memory that all threads see. */
export const Camera = implement<CameraProtocol>()({
  name: 'Camera',
  module: import.meta.url,
  start: () => ({ pictures: 0 }),
  on: {
    shoot(self, bytes, analysts) {
      const picture = self.frame(bytes) // valid until this handler has its answers
      picture.bytes.fill(++self.state.pictures)
      return Promise.all(analysts.map((analyst) => self.ask(analyst).brightness(picture)))
    },
  },
})

/** Reads frames where they lie. What it wants to keep beyond the handler it would `retain()` or `copy()`. */
export const Analyst = implement<AnalystProtocol>()({
  name: 'Analyst',
  module: import.meta.url,
  start: () => undefined,
  on: {
    brightness: (_self, picture) => picture.bytes.reduce((sum, byte) => sum + byte, 0),
  },
})
