import { type AbandonReason, type DeviceMetrics, ReliableMetrics } from '../../reliable/reliable-metrics.ts'
import type { CommandReason, CommandResult } from './command-result.ts'
import type { ControllerLine } from './controller-line.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { ServiceMeter } from './service-ports.ts'

const abandonReasons: Partial<Record<CommandReason, AbandonReason>> = Object.freeze({
  'ack-timeout': 'retries-exhausted',
  'result-timeout': 'retries-exhausted',
  'no-controller': 'expired',
  expired: 'expired',
  'controller-lost': 'peer-reset',
  'not-sent': 'peer-reset',
  'queue-full': 'queue-full',
})

/** What is measured of commands: how long they take, and the figures by device that reliable sessions have too. */
export class DeskMeter implements ServiceMeter {
  readonly ackLatency = new LatencyHistogram()
  readonly doneLatency = new LatencyHistogram()
  readonly #metrics: ReliableMetrics
  /** Found once for each login of a controller. */
  readonly #byLine = new WeakMap<ControllerLine, DeviceMetrics>()
  readonly #cache = { size: 0, hits: 0, evictions: 0 }

  constructor(devicesMax: number) {
    this.#metrics = new ReliableMetrics({ devicesMax })
    this.#metrics.addCache(this.#cache)
  }

  answered(line: ControllerLine, isTaken: boolean, tookMs: number): void {
    this.ackLatency.add(tookMs)
    this.#of(line).ackReceived(isTaken ? 'delivered' : 'rejected')
  }

  timedOut(line: ControllerLine): void {
    this.#of(line).ackTimeouts++
  }

  retried(line: ControllerLine, retry: number): void {
    this.#of(line).retried(retry)
  }

  duplicates(line: ControllerLine, count: number): void {
    this.#of(line).idempotentDrops += count
    this.#cache.hits += count
  }

  finished({ state, reason, tookMs, attempts }: CommandResult): void {
    if (state === 'done') this.doneLatency.add(tookMs)
    const controller = attempts.at(-1)?.controller
    const abandoned = reason === undefined ? undefined : abandonReasons[reason]
    if (abandoned === undefined) return
    const metrics = this.#metrics.device(controller === undefined ? 'none' : String(controller))
    metrics.abandoned[abandoned]++
    if (reason === 'queue-full') metrics.queueFull('send')
  }

  /** Prometheus text. @param lines those that are there */
  text(lines: Iterable<ControllerLine>): string {
    for (const line of lines) {
      const metrics = this.#byLine.get(line)
      if (metrics !== undefined) metrics.sendQueueSize = line.queuedCount
    }
    return this.#metrics.text()
  }

  gone(line: ControllerLine): void {
    const metrics = this.#byLine.get(line)
    if (metrics !== undefined) metrics.sendQueueSize = 0
  }

  #of(line: ControllerLine): DeviceMetrics {
    let metrics = this.#byLine.get(line)
    if (metrics === undefined) {
      metrics = this.#metrics.device(String(line.deviceId))
      this.#byLine.set(line, metrics)
    }
    return metrics
  }
}
