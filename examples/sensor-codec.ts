import { type CodecSpec, DeliCodec, deli, type Infer } from 'troupe/actors'

const sensorFrame = deli.struct({ number: deli.u32, celsius: deli.f64, humidity: deli.u8 })

export type SensorFrame = Infer<typeof sensorFrame>

export const sensorCodec = new DeliCodec(sensorFrame)

/** Connections live on several threads: each of them imports this module and finds the codec. */
export const sensorCodecSpec: CodecSpec = { kind: 'module', module: import.meta.url, exportName: 'sensorCodec' }
