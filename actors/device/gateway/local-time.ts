import { UsageError } from 'troupe'
import type { Time } from '../cync/packet.ts'

/**
 * Whose time devices are told: an IANA name such as `Europe/Berlin`, an offset from UTC such as `-06:00`, or `local`, the zone of
 * this machine.
 */
export type TimeZone = string

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/
const MINUTE_MS = 60_000
const OFFSET_MINUTES_MAX = 14 * 60

/** Throws `UsageError` (`invalid-option`) for a zone that there is not. */
export function checkTimeZone(zone: unknown, name = 'timeZone'): void {
  if (typeof zone === 'string' && zone !== '') {
    if (zone === 'local' || offsetMinutes(zone) !== undefined) return
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone })
      return
    } catch {
      // said below
    }
  }
  const known = "'local', a name such as 'Europe/Berlin', or an offset such as '-06:00'"
  throw new UsageError('invalid-option', `${name} must be ${known}, got ${String(zone)}`)
}

/**
 * The time of a zone as the protocol has it, summer time included.
 * @param epochMs milliseconds since 1970, UTC
 */
export function localTime(zone: TimeZone, epochMs: number): Time {
  const minutes = offsetMinutes(zone) ?? zoneOffsetMinutes(zone, epochMs)
  const local = new Date(epochMs + minutes * MINUTE_MS)
  const size = Math.abs(minutes)
  const decimal = Math.floor(size / 60) * 100 + (size % 60)
  return {
    type: 'time',
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: local.getUTCDay() + 1,
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    utcOffset: minutes < 0 ? -decimal : decimal,
  }
}

function offsetMinutes(zone: string): number | undefined {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? []
  if (hours === undefined) return undefined
  const total = Number(hours) * 60 + Number(minutes)
  if (total > OFFSET_MINUTES_MAX || Number(minutes) > 59) return undefined
  return sign === '-' ? -total : total
}

/** East of Greenwich is positive. */
function zoneOffsetMinutes(zone: string, epochMs: number): number {
  if (zone === 'local') return -new Date(epochMs).getTimezoneOffset()
  const parts = formatterOf(zone).formatToParts(epochMs)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((found) => found.type === type)?.value ?? 0)
  const shownMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return Math.round((shownMs - Math.floor(epochMs / 1_000) * 1_000) / MINUTE_MS)
}

/** The last one used: a gateway has one zone, and making a formatter takes longer than using it. */
let formatter: { readonly zone: string; readonly format: Intl.DateTimeFormat } | undefined

function formatterOf(zone: string): Intl.DateTimeFormat {
  if (formatter?.zone !== zone) {
    const format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatter = { zone, format }
  }
  return formatter.format
}
