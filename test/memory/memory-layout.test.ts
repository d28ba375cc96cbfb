import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as arena from '#src/memory/arena-layout'
import * as counters from '#src/memory/counters-layout'
import * as definition from '#src/memory/definition-layout'
import * as directory from '#src/memory/directory-layout'
import * as log from '#src/memory/log-ring-layout'
import * as name from '#src/memory/name-layout'
import * as recorder from '#src/memory/recorder-layout'
import * as retained from '#src/memory/retained-layout'
import * as ring from '#src/memory/ring-layout'
import * as seat from '#src/memory/seat-layout'
import * as system from '#src/memory/system-layout'

const page = readFileSync(new URL('../../docs/reference/memory-layout.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| (\d+) \| `([A-Z_]+)` \|/gm)].map(([, byte, name]) => [name!, Number(byte)] as const)
const layouts = {
  ...arena,
  ...definition,
  ...directory,
  ...name,
  ...log,
  ...recorder,
  ...retained,
  ...ring,
  ...seat,
  ...system,
}
const constants = new Map<string, unknown>(Object.entries(layouts))

/** Bytes of what a constant counts in. */
function unitBytes(field: string): number {
  if (
    field.endsWith('_BYTE') ||
    field === 'DEFINITIONS_START' ||
    field.endsWith('_CONTROL_BYTES') ||
    field.endsWith('_HEADER_BYTES')
  )
    return 1
  if (field.endsWith('_DOUBLE') || field === 'ENTRY_ACCOUNTS' || /^(HEADER|RANGE)_/.test(field)) return 8
  return 4
}

describe('docs/reference/memory-layout.md', () => {
  it.each(rows)('has %s at byte %i, as the source', (field, byte) => {
    expect(constants.get(field)).toBeTypeOf('number')
    expect((constants.get(field) as number) * unitBytes(field)).toBe(byte)
  })

  it('lists every field that a layout names', () => {
    const fields = [...constants.keys()].filter((field) =>
      /_(WORD|DOUBLE|INDEX|BYTE)$|^(LEASE|RANGE|ENTRY|JOURNAL)_[A-Z]+$/.test(field),
    )
    const others = /_(BYTES|WORDS|DOUBLES|STATE|RETAINS|NONE|SENDING|RECEIVING)$/
    const listed = new Set(rows.map(([field]) => field))
    expect(fields.filter((field) => !listed.has(field) && !others.test(field))).toEqual([])
  })

  it.each([
    ['seats', seat.SEAT_BYTES.toLocaleString('en')],
    ['counters', counters.SEAT_COUNTERS_BYTES.toLocaleString('en')],
    ['journals', arena.JOURNAL_BYTES.toLocaleString('en')],
    ['recorders', `${recorder.RECORDER_EVENTS_BYTE} + ${recorder.EVENT_BYTES} × \`recorderEvents\``],
    ['logs', `${log.logRegionBytes(0)} + \`logBytes\``],
    ['directory', `${directory.RANGE_BYTES} + ${directory.ENTRY_BYTES} × \`actorsPerSeat\``],
    ['names', `${name.NAME_BYTES} × \`actorsPerSeat\``],
    ['definitions', definition.definitionRegionBytes().toLocaleString('en')],
    ['rings', `${ring.RING_CONTROL_BYTES} + \`ringBytes\``],
    ['leases', `${arena.LEASE_BYTES} × \`arenaBytesPerSeat\` / ${arena.UNIT_BYTES}`],
    ['partition tables', `${arena.PARTITION_MARKS_BYTE} + \`arenaBytesPerSeat\` / ${arena.UNIT_BYTES}`],
  ])('gives the region %s %s bytes', (region, bytes) => {
    expect(page).toContain(`| ${region} | ${bytes} |`)
  })

  it('names the layout version', () => {
    expect(page).toContain(`Layout version: ${system.SYSTEM_LAYOUT_VERSION}.`)
    expect(page).toContain(`0x${system.SYSTEM_MAGIC.toString(16)}`)
  })
})
