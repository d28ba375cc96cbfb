import type { Signal } from '../kernel/remote/signal.ts'
import { describeExit, type ExitReason } from '../kernel/supervision/exit-reason.ts'
import { lighterThrown } from '../wire/error-codec.ts'
import type { ThreadSignal } from './thread-signal.ts'

type AnySignal = Signal | ThreadSignal

/**
 * The same signal with less and less of what was thrown, which may be a function, a proxy, or more than a ring takes: it has to
 * arrive all the same, since somebody waits for it. None for signals that hold nothing thrown.
 */
export function* lighterSignals(signal: AnySignal, payloadBytesMax: number): Generator<AnySignal> {
  if (signal.kind === 'refusal') {
    for (const lighten of lighterThrown) yield { ...signal, error: lighten(signal.error, payloadBytesMax) }
  } else if (signal.kind === 'event') {
    const { event } = signal
    if (!('reason' in event)) return
    for (const reason of lighterReasons(event.reason, payloadBytesMax)) yield { ...signal, event: { ...event, reason } }
  } else if ('reason' in signal && signal.reason !== undefined) {
    for (const reason of lighterReasons(signal.reason, payloadBytesMax)) yield { ...signal, reason } as AnySignal
  }
}

/** The same reason with less and less of what was thrown; at last one line. */
export function* lighterReasons(reason: ExitReason, payloadBytesMax: number): Generator<ExitReason> {
  for (const lighten of lighterThrown) yield lighter(reason, (thrown) => lighten(thrown, payloadBytesMax))
  const error = new Error(describeExit(reason).slice(0, LINE_CHARACTERS_MAX))
  yield { kind: 'failure', error: Object.assign(error, { stack: '' }) }
}

/** Fits the smallest ring. */
const LINE_CHARACTERS_MAX = 64

function lighter(reason: ExitReason, lighten: (thrown: unknown) => unknown): ExitReason {
  if ('error' in reason) return { ...reason, error: lighten(reason.error) }
  if (!('cause' in reason) || reason.cause === undefined) return reason
  return { ...reason, cause: lighter(reason.cause, lighten) }
}
