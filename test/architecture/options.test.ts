import { defineActor } from 'troupe'
import { describe, expect, test } from 'vitest'
import { callDefaults } from '#src/kernel/call-options'
import { mailboxDefaults } from '#src/kernel/mailbox-options'
import { routerDefaults, workPoolDefaults } from '#src/kernel/routing/routing-options'
import { backoffDefaults } from '#src/kernel/supervision/backoff'
import { childDefaults, onFailureDefaults } from '#src/kernel/supervision/child-options'
import { superviseDefaults } from '#src/kernel/supervision/supervise-options'
import { logDefaults } from '#src/system/log-options'
import { systemDefaults } from '#src/system/system-options'
import { readText } from '../support/source-files.ts'

/** Rows by heading: the first words in backticks of each. */
const sections = new Map(
  readText('docs/reference/options.md')
    .split(/^#+ /m)
    .map((section) => {
      const heading = section.slice(0, section.indexOf('\n')).replaceAll('`', '')
      return [heading.split('(')[0] ?? '', Array.from(section.matchAll(/^\| `(\w+)` \|/gm), (row) => row[1])]
    }),
)

/** As the refusal of an unknown one lists them. */
function keysOfDefinitions(): string[] {
  try {
    defineActor({ name: 'X', zebra: 1 } as never)
  } catch (error) {
    return /known: (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? []
  }
  return []
}

describe('docs/reference/options.md lists all options, and no other', () => {
  test.each([
    ['createSystem', systemDefaults, []],
    ['log', logDefaults, []],
    ['system.spawn', childDefaults, ['name', 'placement', 'mailbox']],
    ['mailbox', mailboxDefaults, []],
    ['backoff', backoffDefaults, []],
    ['onFailure', onFailureDefaults, []],
    ['supervise', superviseDefaults, []],
    ['ref.with', callDefaults, []],
    ['router', routerDefaults, []],
    ['workPool', workPoolDefaults, []],
    ['expose', {}, ['allow', 'deadlineMs']],
    ['createTestSystem', {}, ['seed', 'crashRate', 'stepsMax']],
    ['defineActor', {}, keysOfDefinitions()],
  ])('of %s', (heading, defaults, others) => {
    expect(sections.get(heading)?.sort()).toEqual([...Object.keys(defaults), ...others].sort())
  })
})
