import { describe, expect, it } from 'vitest'
import { ReliableMetrics } from '#actors/reliable/reliable-metrics'

const samplesOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

describe('ReliableMetrics', () => {
  it('has all metrics of the requirements, each with help and type', () => {
    const metrics = new ReliableMetrics()
    const device = metrics.device('lamp-1')
    device.ackReceived('delivered')
    device.ackReceived('rejected')
    device.ackTimeouts = 2
    device.idempotentDrops = 3
    device.sendQueueSize = 4
    device.recvQueueSize = 5
    device.queueFull('send')
    device.queueFull('recv')
    device.queueFull('recv')
    device.retried(1)
    device.retried(2)
    device.abandoned['retries-exhausted'] = 6
    metrics.addCache({ size: 7, hits: 8, evictions: 9 })
    const text = metrics.text()
    expect(samplesOf(text)).toEqual([
      'tcp_comm_ack_received_total{device_id="lamp-1",outcome="delivered"} 1',
      'tcp_comm_ack_received_total{device_id="lamp-1",outcome="rejected"} 1',
      'tcp_comm_ack_timeout_total{device_id="lamp-1"} 2',
      'tcp_comm_idempotent_drop_total{device_id="lamp-1"} 3',
      'tcp_comm_send_queue_size{device_id="lamp-1"} 4',
      'tcp_comm_recv_queue_size{device_id="lamp-1"} 5',
      'tcp_comm_queue_full_total{device_id="lamp-1",queue_type="send"} 1',
      'tcp_comm_queue_full_total{device_id="lamp-1",queue_type="recv"} 2',
      'tcp_comm_retry_attempts_total{device_id="lamp-1",attempt_number="1"} 1',
      'tcp_comm_retry_attempts_total{device_id="lamp-1",attempt_number="2"} 1',
      'tcp_comm_message_abandoned_total{device_id="lamp-1",reason="retries-exhausted"} 6',
      'tcp_comm_dedup_cache_size 7',
      'tcp_comm_dedup_cache_hits_total 8',
      'tcp_comm_dedup_cache_evictions_total 9',
    ])
    const gauges = ['send_queue_size', 'recv_queue_size', 'dedup_cache_size']
    const names = [...new Set(samplesOf(text).map((line) => line.split(/[{ ]/)[0] as string))]
    expect(names).toHaveLength(11)
    for (const name of names) {
      const type = gauges.includes(name.slice('tcp_comm_'.length)) ? 'gauge' : 'counter'
      expect(text).toMatch(new RegExp(`# HELP ${name} .+\n# TYPE ${name} ${type}\n`))
    }
  })

  it('shows as many devices as it may, and counts the others together', () => {
    const metrics = new ReliableMetrics({ devicesMax: 2 })
    for (const id of ['a', 'b', 'c', 'd']) metrics.device(id).ackTimeouts++
    const timeouts = samplesOf(metrics.text()).filter((line) => line.startsWith('tcp_comm_ack_timeout'))
    expect(timeouts).toEqual([
      'tcp_comm_ack_timeout_total{device_id="a"} 1',
      'tcp_comm_ack_timeout_total{device_id="b"} 1',
      'tcp_comm_ack_timeout_total{device_id="other"} 2',
    ])
    metrics.forget('a')
    expect(metrics.device('c').ackTimeouts).toBe(0)
    expect(metrics.device('c')).toBe(metrics.device('c'))
  })

  it('escapes and cuts device ids', () => {
    const metrics = new ReliableMetrics()
    metrics.device('a"b\\c\nd')
    metrics.device('x'.repeat(1_000))
    const [first, second] = samplesOf(metrics.text()).filter((line) => line.startsWith('tcp_comm_ack_timeout'))
    expect(first).toBe('tcp_comm_ack_timeout_total{device_id="a\\"b\\\\c\\nd"} 0')
    expect(second).toBe(`tcp_comm_ack_timeout_total{device_id="${'x'.repeat(128)}"} 0`)
  })

  it('counts retries beyond the sixteenth together', () => {
    const metrics = new ReliableMetrics()
    for (const attempt of [16, 17, 500]) metrics.device('a').retried(attempt)
    expect(metrics.text()).toContain('attempt_number="16"} 3')
  })

  it('does not go back when a cache is gone', () => {
    const metrics = new ReliableMetrics()
    const cache = { size: 1, hits: 2, evictions: 3 }
    metrics.addCache(cache)
    metrics.removeCache(cache)
    metrics.removeCache(cache)
    expect(metrics.text()).toContain('dedup_cache_size 0\n')
    expect(metrics.text()).toContain('dedup_cache_hits_total 2\n')
    expect(metrics.text()).toContain('dedup_cache_evictions_total 3\n')
  })

  it('refuses options out of range', () => {
    expect(() => new ReliableMetrics({ devicesMax: 0 })).toThrow('devicesMax must be a whole number')
  })
})
