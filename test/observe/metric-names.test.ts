import { expect, test } from 'vitest'
import { SystemMemory } from '#src/memory/system-memory'
import { renderMetrics } from '#src/observe/metrics'
import { readText } from '../support/source-files.ts'
import { parseMetrics } from './support/parse-metrics.ts'

test('every metric is described in docs/reference/metrics.md with its type, and every one described there exists', () => {
  const memory = SystemMemory.create({ seatsMax: 2, actorsPerSeat: 64 })
  for (const seat of [0, 1]) memory.seats.beginIncarnation(seat, 0)
  const families = parseMetrics(renderMetrics(memory, (seat) => `seat-${seat}`))
  const described = readText('docs/reference/metrics.md').matchAll(/^\| `(troupe_\w+)` \| (\w+) \|/gm)
  const exported = [...families].map(([name, { type }]) => `${name} ${type}`)
  expect(Array.from(described, ([, name, type]) => `${name} ${type}`).sort()).toEqual(exported.sort())
})

test('a seat that never had a thread does not show', () => {
  const memory = SystemMemory.create({ seatsMax: 3, actorsPerSeat: 64 })
  memory.seats.beginIncarnation(1, 0)
  expect(renderMetrics(memory, (seat) => `seat-${seat}`)).not.toMatch(/seat-[02]/)
})
