import { checkedOptions, type OptionRules } from '../connection/option-check.ts'

/** How a message was acknowledged. */
export type AckOutcome = 'delivered' | 'rejected'

/** Why a message was given up. */
export type AbandonReason = 'retries-exhausted' | 'expired' | 'queue-full' | 'peer-reset' | 'closed' | 'outbox-failed'

export type QueueType = 'send' | 'recv'

export interface ReliableMetricsOptions {
  /** Device ids that are shown apart; all others are counted together, as `other`. Count, 1 to 100,000. @default 1_000 */
  readonly devicesMax?: number
}

const rules: OptionRules<ReliableMetricsOptions> = Object.freeze({
  devicesMax: { min: 1, max: 100_000, unit: 'devices', isWhole: true },
})
const defaults: Required<ReliableMetricsOptions> = Object.freeze({ devicesMax: 1_000 })
/** Retries beyond this are counted with it. */
const ATTEMPT_MAX = 16
/** Longer device ids are cut: they come from peers. Signs. */
const DEVICE_ID_LENGTH_MAX = 128
export const OTHER_DEVICES = 'other'

const outcomes: readonly AckOutcome[] = Object.freeze(['delivered', 'rejected'])
const reasons: readonly AbandonReason[] = Object.freeze([
  'retries-exhausted',
  'expired',
  'queue-full',
  'peer-reset',
  'closed',
  'outbox-failed',
])

/** The figures of one device. Fields are counted up where things happen: a look-up for each message would be most of the work. */
export class DeviceMetrics {
  acksDelivered = 0
  acksRejected = 0
  ackTimeouts = 0
  idempotentDrops = 0
  sendQueueSize = 0
  recvQueueSize = 0
  sendQueueFull = 0
  recvQueueFull = 0
  /** Retries by their number, from 1 on. */
  readonly retryAttempts = new Float64Array(ATTEMPT_MAX + 1)
  readonly abandoned: Record<AbandonReason, number> = {
    'retries-exhausted': 0,
    expired: 0,
    'queue-full': 0,
    'peer-reset': 0,
    closed: 0,
    'outbox-failed': 0,
  }

  ackReceived(outcome: AckOutcome): void {
    if (outcome === 'delivered') this.acksDelivered++
    else this.acksRejected++
  }

  queueFull(type: QueueType): void {
    if (type === 'send') this.sendQueueFull++
    else this.recvQueueFull++
  }

  /** @param attempt 1 for the first retry */
  retried(attempt: number): void {
    const at = Math.min(attempt, ATTEMPT_MAX)
    this.retryAttempts[at] = this.retryAttempts[at]! + 1
  }
}

/** What a dedup cache counts. */
export interface DedupFigures {
  readonly size: number
  readonly hits: number
  readonly evictions: number
}

/** The metrics of reliable sessions, by device, as Prometheus takes them. Names and labels are those of the requirements. */
export class ReliableMetrics {
  readonly #devices = new Map<string, DeviceMetrics>()
  readonly #others = new DeviceMetrics()
  readonly #caches = new Set<DedupFigures>()
  /** Of caches that are gone: counters never go back. */
  #pastHits = 0
  #pastEvictions = 0
  readonly #devicesMax: number

  /** Throws `UsageError` for an option that is unknown or out of range. */
  constructor(options: ReliableMetricsOptions = {}) {
    this.#devicesMax = checkedOptions('reliable metrics', options, defaults, rules).devicesMax
  }

  /** The figures of a device, to be kept by whoever counts. Beyond `devicesMax` devices: those of all others. */
  device(deviceId: string): DeviceMetrics {
    const id = deviceId.slice(0, DEVICE_ID_LENGTH_MAX)
    const known = this.#devices.get(id)
    if (known !== undefined) return known
    if (this.#devices.size >= this.#devicesMax) return this.#others
    const metrics = new DeviceMetrics()
    this.#devices.set(id, metrics)
    return metrics
  }

  /** A device that will not come back makes room for another one. */
  forget(deviceId: string): void {
    this.#devices.delete(deviceId.slice(0, DEVICE_ID_LENGTH_MAX))
  }

  addCache(cache: DedupFigures): void {
    this.#caches.add(cache)
  }

  removeCache(cache: DedupFigures): void {
    if (!this.#caches.delete(cache)) return
    this.#pastHits += cache.hits
    this.#pastEvictions += cache.evictions
  }

  /** The Prometheus text format, version 0.0.4. */
  text(): string {
    const caches = [...this.#caches]
    const sum = (pick: (cache: DedupFigures) => number): number =>
      caches.reduce((total, cache) => total + pick(cache), 0)
    return [
      this.#family('ack_received_total', 'counter', 'Acknowledgements received, by outcome.', (of) =>
        outcomes.map((outcome) => [
          `outcome="${outcome}"`,
          outcome === 'delivered' ? of.acksDelivered : of.acksRejected,
        ]),
      ),
      this.#family('ack_timeout_total', 'counter', 'Acknowledgements that did not come in time.', (of) => [
        ['', of.ackTimeouts],
      ]),
      this.#family(
        'idempotent_drop_total',
        'counter',
        'Duplicates dropped: acknowledged again, not processed again.',
        (of) => [['', of.idempotentDrops]],
      ),
      this.#family('send_queue_size', 'gauge', 'Messages that wait to be sent.', (of) => [['', of.sendQueueSize]]),
      this.#family('recv_queue_size', 'gauge', 'Messages received that wait to be processed.', (of) => [
        ['', of.recvQueueSize],
      ]),
      this.#family('queue_full_total', 'counter', 'Messages that found a queue full, by queue.', (of) => [
        ['queue_type="send"', of.sendQueueFull],
        ['queue_type="recv"', of.recvQueueFull],
      ]),
      this.#family('retry_attempts_total', 'counter', 'Messages sent again, by the number of the attempt.', (of) =>
        Array.from(of.retryAttempts, (count, attempt) => [`attempt_number="${attempt}"`, count] as const).filter(
          ([, count]) => count > 0,
        ),
      ),
      this.#family('message_abandoned_total', 'counter', 'Messages given up, by reason.', (of) =>
        reasons.map((reason) => [`reason="${reason}"`, of.abandoned[reason]] as const).filter(([, count]) => count > 0),
      ),
      family('dedup_cache_size', 'gauge', 'Message ids remembered.', [['', sum(({ size }) => size)]]),
      family('dedup_cache_hits_total', 'counter', 'Message ids that were known already.', [
        ['', this.#pastHits + sum(({ hits }) => hits)],
      ]),
      family('dedup_cache_evictions_total', 'counter', 'Message ids forgotten to make room for others.', [
        ['', this.#pastEvictions + sum(({ evictions }) => evictions)],
      ]),
    ].join('')
  }

  #family(
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    samplesOf: (device: DeviceMetrics) => readonly (readonly [labels: string, value: number])[],
  ): string {
    const devices: [string, DeviceMetrics][] = [...this.#devices]
    if (devices.length >= this.#devicesMax) devices.push([OTHER_DEVICES, this.#others])
    const samples = devices.flatMap(([id, device]) =>
      samplesOf(device).map(([labels, value]) => {
        const deviceLabel = `device_id="${escaped(id)}"`
        return [labels === '' ? deviceLabel : `${deviceLabel},${labels}`, value] as const
      }),
    )
    return family(name, type, help, samples)
  }
}

function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  const full = `tcp_comm_${name}`
  const lines = samples.map(([labels, value]) => `${full}${labels === '' ? '' : `{${labels}}`} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}

/** As the text format wants label values. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
