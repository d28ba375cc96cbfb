import type { ExitReason } from './supervision/exit-reason.ts'

/** What `system.events` tells. Paths are those of `ref.path`; `thread` is a seat's number. */
export type SystemEvent =
  | { readonly type: 'restarted'; readonly path: string; readonly reason: ExitReason }
  | { readonly type: 'parked'; readonly path: string; readonly reason: ExitReason }
  | { readonly type: 'escalated'; readonly path: string; readonly reason: ExitReason }
  | { readonly type: 'actor-stuck'; readonly path: string; readonly handler: string; readonly forMs: number }
  | { readonly type: 'thread-lost'; readonly thread: number; readonly reason: ExitReason; readonly lost: number }
  | { readonly type: 'thread-started'; readonly thread: number; readonly incarnation: number; readonly tookMs: number }
  | { readonly type: 'thread-unkillable'; readonly thread: number }
  | { readonly type: 'main-blocked'; readonly forMs: number }
  | { readonly type: 'memory-high'; readonly thread: number; readonly usedBytes: number; readonly limitBytes: number }
