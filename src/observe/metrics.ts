import { deadLetterReasons } from '../kernel/dead-letters.ts'
import type { CounterName } from '../memory/counters.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { type ActorFigures, readActorFigures } from './actor-figures.ts'
import { PrometheusText, type Sample } from './prometheus-text.ts'

const RESTART_REASONS = ['failure', 'thread-lost', 'start-failed', 'sibling'] as const

/** Counters with no label but the thread. */
const PLAIN_COUNTERS: readonly (readonly [name: string, counter: CounterName, help: string])[] = [
  ['messages_refused_total', 'refused', 'Messages that were refused at the sender: tell did not answer accepted.'],
  ['late_replies_total', 'late-replies', 'Answers that came after their ask had ended, and were dropped.'],
  ['actors_spawned_total', 'spawned', 'Actors that began on this thread.'],
  ['actors_stopped_total', 'stopped', 'Actors that ended on this thread for good.'],
  [
    'timers_skipped_total',
    'timers-skipped',
    'Ticks of a repeated timer left out because the last was not handled yet.',
  ],
  ['stray_errors_total', 'stray-errors', 'Errors thrown outside of any handler.'],
  [
    'dead_letters_unkept_total',
    'dead-letters-unkept',
    'Dead letters that were counted but not kept: the office was full.',
  ],
  ['thread_parks_total', 'parks', 'Times the thread went to sleep until somebody rings.'],
]

/**
 * All figures of a system as Prometheus text. Reads shared memory and asks nobody, so a thread that is stuck or dead
 * shows like any other. `threadName` says what a seat is called.
 */
export function renderMetrics(memory: SystemMemory, threadName: (seat: number) => string): string {
  const text = new PrometheusText()
  const seats = Array.from({ length: memory.options.seatsMax }, (_, seat) => seat).filter(
    (seat) => memory.seats.incarnation(seat) > 0,
  )
  const bySeat = (value: (seat: number) => number): Sample[] =>
    seats.map((seat) => [{ thread: threadName(seat) }, value(seat)])
  renderMessages(text, bySeat, readActorFigures(memory))
  renderReasons(text, memory, seats, threadName)
  for (const [name, counter, help] of PLAIN_COUNTERS) {
    const read = (seat: number): number => memory.counters(seat).get(counter)
    text.family(`troupe_${name}`, 'counter', help, bySeat(read))
  }
  const lines = (read: 'written' | 'dropped'): Sample[] => bySeat((seat) => memory.logReader(seat)[read])
  text.family('troupe_log_lines_total', 'counter', 'Lines that the thread logged.', lines('written'))
  const dropped = 'Lines that were not logged: they were too long, or nobody made room in time.'
  text.family('troupe_log_lines_dropped_total', 'counter', dropped, lines('dropped'))
  renderTimes(text, memory, seats, threadName, bySeat)
  renderRings(text, memory, seats, threadName)
  renderThreads(text, memory, bySeat)
  return text.toString()
}

type BySeat = (value: (seat: number) => number) => Sample[]

function renderMessages(text: PrometheusText, bySeat: BySeat, figures: readonly ActorFigures[]): void {
  const of = (name: keyof ActorFigures): Sample[] => bySeat((seat) => (figures[seat] as ActorFigures)[name])
  const counter = (name: string, help: string, field: keyof ActorFigures): void =>
    text.family(`troupe_${name}`, 'counter', help, of(field))
  const gauge = (name: string, help: string, field: keyof ActorFigures): void =>
    text.family(`troupe_${name}`, 'gauge', help, of(field))
  counter('messages_sent_total', 'Messages sent to actors of this thread, as far as they arrived.', 'arrived')
  counter('messages_handled_total', 'Messages whose handler came to its end.', 'handled')
  counter('messages_lost_total', 'Messages that were with their actor when its thread died.', 'lost')
  gauge('actors', 'Actors that live on this thread.', 'actors')
  gauge('mailbox_messages', 'Messages in mailboxes, stashes and handlers.', 'queued')
  gauge('mailbox_messages_deepest', 'Messages of the actor with the most.', 'deepest')
}

function renderReasons(
  text: PrometheusText,
  memory: SystemMemory,
  seats: readonly number[],
  threadName: (seat: number) => string,
): void {
  const byReason = (reasons: readonly string[], prefix: 'dead-letters' | 'restarts'): Sample[] =>
    seats.flatMap((seat) =>
      reasons.map((reason): Sample => {
        const count = memory.counters(seat).get(`${prefix}-${reason}` as CounterName)
        return [{ thread: threadName(seat), reason }, count]
      }),
    )
  const letters = 'Messages that no handler saw to its end, by reason, counted on the thread that found out.'
  text.family('troupe_dead_letters_total', 'counter', letters, byReason(deadLetterReasons, 'dead-letters'))
  const restarts = 'Restarts of actors, by reason, counted on the thread of the supervisor.'
  text.family('troupe_restarts_total', 'counter', restarts, byReason(RESTART_REASONS, 'restarts'))
}

function renderTimes(
  text: PrometheusText,
  memory: SystemMemory,
  seats: readonly number[],
  threadName: (seat: number) => string,
  bySeat: BySeat,
): void {
  const age = (seat: number): number => memory.counters(seat).gauge('oldest-queued-ms') / 1_000
  const ageHelp = 'For how long at least the oldest message of a mailbox has waited; looked at once a second.'
  text.family('troupe_mailbox_age_seconds', 'gauge', ageHelp, bySeat(age))
  const handlerHelp = 'Time that a message kept the thread: a sample, at most 100 runs of an actor a second.'
  const readings = seats.map(
    (seat) => [{ thread: threadName(seat) }, memory.counters(seat).histogram('handler-us')] as const,
  )
  text.histogram('troupe_handler_seconds', handlerHelp, 1e-6, readings)
}

function renderRings(
  text: PrometheusText,
  memory: SystemMemory,
  seats: readonly number[],
  threadName: (seat: number) => string,
): void {
  const pairs = seats.flatMap((from) => seats.filter((to) => to !== from).map((to) => [from, to] as const))
  const samples = pairs.map(([from, to]): Sample => {
    return [{ from: threadName(from), to: threadName(to) }, memory.ringPendingBytes(from, to)]
  })
  text.family('troupe_ring_bytes', 'gauge', 'Bytes in the ring between two threads that were not read yet.', samples)
  const capacity: Sample[] = pairs.length === 0 ? [] : [[{}, memory.options.ringBytes]]
  text.family('troupe_ring_capacity_bytes', 'gauge', 'Bytes that each ring holds.', capacity)
}

function renderThreads(text: PrometheusText, memory: SystemMemory, bySeat: BySeat): void {
  const { seats } = memory
  const gauge = (name: string, help: string, value: (seat: number) => number): void =>
    text.family(`troupe_${name}`, 'gauge', help, bySeat(value))
  const incarnations = 'Threads that have had this place, the present one included.'
  text.family(
    'troupe_thread_incarnations_total',
    'counter',
    incarnations,
    bySeat((seat) => seats.incarnation(seat)),
  )
  gauge('thread_running', '1 while a thread works there, 0 while it starts or is lost.', (seat) =>
    seats.state(seat) === 'running' ? 1 : 0,
  )
  gauge(
    'event_loop_delay_mean_seconds',
    'How late the event loop was on average, over the last report.',
    (seat) => seats.load(seat).loopDelayMeanMs / 1_000,
  )
  gauge(
    'event_loop_delay_max_seconds',
    'How late the event loop was at most, over the last report.',
    (seat) => seats.load(seat).loopDelayMaxMs / 1_000,
  )
  gauge(
    'event_loop_utilization_ratio',
    'Share of the time that the event loop was busy, over the last report.',
    (seat) => seats.load(seat).loopUtilisation,
  )
  gauge('heap_used_bytes', 'Of the JavaScript heap of the thread.', (seat) => seats.load(seat).heapUsedBytes)
  gauge('heap_limit_bytes', 'Where that heap ends.', (seat) => seats.load(seat).heapLimitBytes)
  gauge('external_bytes', 'Outside of the heap, held by its objects.', (seat) => seats.load(seat).externalBytes)
}
