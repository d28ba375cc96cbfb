/** How a command that was issued can end; `unanswered`: the gateway itself did not answer. */
export type CommandEnd = (typeof commandEnds)[number]

export const commandEnds = Object.freeze([
  'done',
  'rejected',
  'abandoned',
  'superseded',
  'cancelled',
  'unanswered',
] as const)

/** Every command that was issued is under way or has come to one of the ends. */
export type CommandTotals = Readonly<Record<'issued' | CommandEnd, number>>

export const noCommands: CommandTotals = Object.freeze({
  issued: 0,
  done: 0,
  rejected: 0,
  abandoned: 0,
  superseded: 0,
  cancelled: 0,
  unanswered: 0,
})

export function underWayCount(totals: CommandTotals): number {
  return totals.issued - commandEnds.reduce((sum, end) => sum + totals[end], 0)
}
