import { CapacityError, InvariantError, UsageError } from '../base/errors.ts'
import { checkRange, resolveOptions } from '../base/options.ts'
import { ARENA_BYTES_MAX, ARENA_BYTES_MIN } from './arena-layout.ts'
import { ArenaMemory } from './arena-memory.ts'
import { Counters } from './counters.ts'
import { SEAT_COUNTERS_BYTES } from './counters-layout.ts'
import { DefinitionTable } from './definition-table.ts'
import { Directory } from './directory.ts'
import { Doorbell } from './doorbell.ts'
import { FrameArena } from './frame-arena.ts'
import { LeaseReaper } from './lease-reaper.ts'
import { LogReader, LogWriter } from './log-ring.ts'
import { logRegionBytes } from './log-ring-layout.ts'
import { NameTable } from './name-table.ts'
import { Recorder } from './recorder.ts'
import { RECORDER_EVENTS_MAX, RECORDER_EVENTS_MIN, recorderRegionBytes } from './recorder-layout.ts'
import { RetainedRecords } from './retained-records.ts'
import { RING_BYTES_MAX, RING_BYTES_MIN, RING_READ_INDEX, RING_TAIL_INDEX, ringRegionBytes } from './ring-layout.ts'
import { RingMemory } from './ring-memory.ts'
import { SEATS_MAX } from './seat-layout.ts'
import { SeatTable } from './seat-table.ts'
import { RingConsumer, RingProducer } from './spsc-ring.ts'
import {
  HEADER_MAGIC,
  HEADER_OPTIONS,
  HEADER_TOTAL_BYTES,
  HEADER_VERSION,
  SYSTEM_HEADER_BYTES,
  SYSTEM_LAYOUT_VERSION,
  SYSTEM_MAGIC,
  SYSTEM_OPTION_NAMES,
  type SystemRegions,
  systemRegions,
} from './system-layout.ts'

export interface SystemMemoryOptions {
  /** Seats that threads can ever have: guardian, main and workers. Count, 1 to 64. */
  readonly seatsMax: number
  /**
   * Slots in the directory for the children of actors on one seat. Power of two, 1 to 2^20.
   * @default 262_144; 131_072 above 32 seats
   */
  readonly actorsPerSeat?: number
  /**
   * Capacity of each ring, one an ordered pair of seats. Bytes, power of two, 64 to 2^28. @default 1 MiB; 256 KiB
   * above 16 seats, 128 KiB above 32
   */
  readonly ringBytes?: number
  /**
   * Frames that a seat can have allocated. Bytes, power of two, 4 KiB to 1 GiB. @default 64 MiB; 32 MiB above 16
   * seats, 16 MiB above 32
   */
  readonly arenaBytesPerSeat?: number
  /** Events that a seat's recorder keeps. Count, power of two, 8 to 2^20. @default 4_096 */
  readonly recorderEvents?: number
  /**
   * Capacity of each seat's ring of log lines; one line takes at most an eighth. Bytes, power of two, 64 to 2^28.
   * @default 256 KiB
   */
  readonly logBytes?: number
  /** Released frames are overwritten, so that a view used too long shows. @default false */
  readonly debug?: boolean
}

const OWNER = 'system memory'

/**
 * The one SharedArrayBuffer of a system, and where everything in it lies. Each thread attaches to it once; the
 * objects it answers are that thread's own and made when first asked for. What may be called from which thread is
 * said there.
 */
export class SystemMemory {
  readonly buffer: SharedArrayBuffer
  readonly options: Readonly<Required<SystemMemoryOptions>>
  readonly seats: SeatTable
  readonly directory: Directory
  readonly names: NameTable
  readonly definitions: DefinitionTable
  /** Where frames lie and how they are read, whoever allocated them. */
  readonly frames: ArenaMemory
  readonly retained: RetainedRecords
  readonly #regions: SystemRegions
  readonly #producers = new Map<number, RingProducer>()
  readonly #consumers = new Map<number, RingConsumer>()
  readonly #counters = new Map<number, Counters>()
  readonly #arenas = new Map<number, FrameArena>()
  readonly #recorders = new Map<number, Recorder>()
  readonly #logWriters = new Map<number, LogWriter>()
  readonly #logReaders = new Map<number, LogReader>()
  readonly #doorbells = new Map<number, Doorbell>()

  private constructor(buffer: SharedArrayBuffer, options: Required<SystemMemoryOptions>, regions: SystemRegions) {
    this.buffer = buffer
    this.options = Object.freeze(options)
    this.#regions = regions
    this.seats = new SeatTable(buffer, regions.seats, options.seatsMax)
    this.directory = new Directory(buffer, regions.directory, options.seatsMax, options.actorsPerSeat)
    this.names = new NameTable(buffer, regions.names, options.actorsPerSeat)
    this.definitions = new DefinitionTable(buffer, regions.definitions, options.seatsMax)
    this.frames = new ArenaMemory(buffer, regions, options.seatsMax, options.arenaBytesPerSeat, options.debug)
    this.retained = new RetainedRecords(this.frames)
  }

  /**
   * Memory for a new system, all zero but its header, none of it committed yet. A `UsageError` for options out of
   * range, a `CapacityError` (`memory-unavailable`) if the operating system refuses the address space.
   */
  static create(options: SystemMemoryOptions): SystemMemory {
    const resolved = resolve(options)
    const regions = systemRegions(resolved)
    const buffer = allocate(regions.totalBytes)
    const header = new Float64Array(buffer, 0, SYSTEM_HEADER_BYTES >> 3)
    header[HEADER_MAGIC] = SYSTEM_MAGIC
    header[HEADER_VERSION] = SYSTEM_LAYOUT_VERSION
    header[HEADER_TOTAL_BYTES] = regions.totalBytes
    for (const [n, name] of SYSTEM_OPTION_NAMES.entries()) header[HEADER_OPTIONS + n] = Number(resolved[name])
    return new SystemMemory(buffer, resolved, regions)
  }

  /** The same memory on another thread. An `InvariantError` if the buffer was laid out by another build. */
  static attach(buffer: SharedArrayBuffer): SystemMemory {
    const header = new Float64Array(buffer, 0, SYSTEM_HEADER_BYTES >> 3)
    if (header[HEADER_MAGIC] !== SYSTEM_MAGIC || header[HEADER_VERSION] !== SYSTEM_LAYOUT_VERSION) {
      throw new InvariantError(
        'invariant-broken',
        'invariant broken: the buffer is a system memory of this layout version',
      )
    }
    const stored = Object.fromEntries(SYSTEM_OPTION_NAMES.map((name, n) => [name, header[HEADER_OPTIONS + n]!]))
    const options = { ...stored, debug: stored['debug'] === 1 } as unknown as Required<SystemMemoryOptions>
    return new SystemMemory(buffer, options, systemRegions(options))
  }

  /** Address space that a system with these options takes. Bytes. */
  static bytesFor(options: SystemMemoryOptions): number {
    return systemRegions(resolve(options)).totalBytes
  }

  /** Writing side of the ring between two different seats. For the thread on `from` alone. */
  ringProducer(from: number, to: number): RingProducer {
    return once(this.#producers, this.#pair(from, to), () => new RingProducer(this.#ring(from, to)))
  }

  /** Reading side of the ring between two different seats. For the thread on `to` alone. */
  ringConsumer(from: number, to: number): RingConsumer {
    return once(this.#consumers, this.#pair(from, to), () => new RingConsumer(this.#ring(from, to)))
  }

  /** How far the reader of a ring has handed over its records. For a reaper, after the reader's exit. */
  readPosition(from: number, to: number): number {
    return this.#ring(from, to).control[RING_READ_INDEX]!
  }

  /** Bytes that are published in a ring and not handed over yet, by now. For anybody. */
  ringPendingBytes(from: number, to: number): number {
    const { control } = this.#ring(from, to)
    return (Atomics.load(control, RING_TAIL_INDEX) - control[RING_READ_INDEX]!) | 0
  }

  /** Written by the thread on the seat alone. */
  counters(seat: number): Counters {
    const { counters } = this.#regions
    return once(this.#counters, seat, () => new Counters(this.buffer, counters + seat * SEAT_COUNTERS_BYTES))
  }

  /** Allocation and leases of the seat. For its thread alone; a new incarnation asks after the reaper is done. */
  arena(seat: number): FrameArena {
    return once(this.#arenas, seat, () => new FrameArena(this.frames, seat))
  }

  /** For whoever puts the leases of a dead thread in order, after its exit. */
  leaseReaper(deadSeat: number): LeaseReaper {
    return new LeaseReaper(this.frames, deadSeat)
  }

  /** Written by the thread on the seat alone. */
  recorder(seat: number): Recorder {
    const { recorderEvents } = this.options
    const byteOffset = this.#regions.recorders + seat * recorderRegionBytes(recorderEvents)
    return once(this.#recorders, seat, () => new Recorder(this.buffer, byteOffset, recorderEvents))
  }

  /** For the thread on the seat alone. */
  logWriter(seat: number): LogWriter {
    const { logBytes } = this.options
    return once(this.#logWriters, seat, () => new LogWriter(this.buffer, this.#logOffset(seat), logBytes))
  }

  /** For the one thread that collects all logs. */
  logReader(seat: number): LogReader {
    const { logBytes } = this.options
    return once(this.#logReaders, seat, () => new LogReader(this.buffer, this.#logOffset(seat), logBytes))
  }

  /** The waiting side is for the thread on the seat alone. */
  doorbell(seat: number): Doorbell {
    return once(this.#doorbells, seat, () => new Doorbell(this.seats.words, seat))
  }

  #logOffset(seat: number): number {
    return this.#regions.logs + seat * logRegionBytes(this.options.logBytes)
  }

  #ring(from: number, to: number): RingMemory {
    const { ringBytes } = this.options
    return new RingMemory(
      this.buffer,
      this.#regions.rings + this.#pair(from, to) * ringRegionBytes(ringBytes),
      ringBytes,
    )
  }

  #pair(from: number, to: number): number {
    return from * this.options.seatsMax + to
  }
}

function resolve(given: SystemMemoryOptions): Required<SystemMemoryOptions> {
  const seats = given.seatsMax
  const options = resolveOptions<Required<SystemMemoryOptions>>(
    given,
    {
      seatsMax: 0,
      actorsPerSeat: seats > 32 ? 2 ** 17 : 2 ** 18,
      ringBytes: seats > 32 ? 2 ** 17 : seats > 16 ? 2 ** 18 : 2 ** 20,
      arenaBytesPerSeat: seats > 32 ? 2 ** 24 : seats > 16 ? 2 ** 25 : 2 ** 26,
      recorderEvents: 4_096,
      logBytes: 2 ** 18,
      debug: false,
    },
    OWNER,
  )
  checkRange(OWNER, 'seatsMax', options.seatsMax, { min: 1, max: SEATS_MAX })
  checkPowerOfTwo('actorsPerSeat', options.actorsPerSeat, 1, 2 ** 20)
  checkPowerOfTwo('ringBytes', options.ringBytes, RING_BYTES_MIN, RING_BYTES_MAX, 'bytes')
  checkPowerOfTwo('arenaBytesPerSeat', options.arenaBytesPerSeat, ARENA_BYTES_MIN, ARENA_BYTES_MAX, 'bytes')
  checkPowerOfTwo('recorderEvents', options.recorderEvents, RECORDER_EVENTS_MIN, RECORDER_EVENTS_MAX)
  checkPowerOfTwo('logBytes', options.logBytes, RING_BYTES_MIN, RING_BYTES_MAX, 'bytes')
  return options
}

function checkPowerOfTwo(option: string, value: number, min: number, max: number, unit = ''): void {
  checkRange(OWNER, option, value, { min, max, unit })
  if (Number.isInteger(Math.log2(value))) return
  throw new UsageError('invalid-option', `${OWNER}: ${option} must be a power of two, got ${value}`)
}

function allocate(totalBytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(totalBytes)
  } catch (cause) {
    const size = `${Math.ceil(totalBytes / 2 ** 20)} MiB of address space`
    throw new CapacityError('memory-unavailable', `${OWNER}: ${size} refused; fewer seats need less`, { cause })
  }
}

function once<Value>(made: Map<number, Value>, key: number, make: () => Value): Value {
  let value = made.get(key)
  if (value === undefined) made.set(key, (value = make()))
  return value
}
