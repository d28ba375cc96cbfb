import type { ExitKind, ExitReason } from './exit-reason.ts'

/**
 * When a child comes back: `permanent` always, also after a normal end; `transient` only after an abnormal one;
 * `temporary` never. OTP's three.
 */
export type RestartPolicy = keyof typeof restarts

const always = {
  normal: true,
  shutdown: true,
  killed: true,
  failure: true,
  'start-failed': true,
  'thread-lost': true,
  'linked-exit': true,
  'parent-lost': true,
  gone: true,
  'supervisor-failed': true,
} as const satisfies Record<ExitKind, boolean>

const restarts = {
  permanent: always,
  transient: { ...always, normal: false, shutdown: false },
  temporary: null,
} as const

export const restartPolicies = Object.freeze(Object.keys(restarts) as RestartPolicy[])

export function shouldRestart(policy: RestartPolicy, reason: ExitReason): boolean {
  return restarts[policy]?.[reason.kind] ?? false
}
