import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { readText, sourceFiles } from '../support/source-files.ts'

const doors = ['src/index.ts', 'src/testing/index.ts', 'actors/index.ts'].filter((path) => existsSync(path))
const { resolve } = createRequire(import.meta.url)

describe('the package', () => {
  test('has three doors', () => {
    const { exports } = JSON.parse(readText('package.json')) as { exports: object }
    expect(Object.keys(exports)).toEqual(['.', './actors', './testing'])
  })

  test.each([
    'troupe/package.json',
    'troupe/src/kernel/mailbox',
    'troupe/dist/src/index.js',
    'troupe/testing/index.js',
    'troupe/actors/gateway/main.js',
  ])('is closed to %s', (specifier) => {
    expect(() => resolve(specifier)).toThrow(expect.objectContaining({ code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' }))
  })

  test('keeps its subpath imports to itself', () => {
    const { imports } = JSON.parse(readText('package.json')) as { imports: Record<string, unknown> }
    expect(Object.keys(imports)).toEqual(['#src/*', '#actors/*', '#bench/*', '#fixtures/*'])
  })
})

describe('a door', () => {
  test('names one by one what it lets out', () => {
    const files = sourceFiles('src')
      .concat(sourceFiles('actors'))
      .filter((file) => doors.includes(file.path))
    const stars = files.filter((file) => file.syntax.statements.some(isExportStar))
    expect(stars.map((file) => file.path)).toEqual([])
  })

  test('is the only kind of file called index.ts in src/', () => {
    const indexes = sourceFiles('src').filter((file) => file.path.endsWith('/index.ts'))
    expect(indexes.map((file) => file.path).filter((path) => !doors.includes(path))).toEqual([])
  })
})

function isExportStar(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.exportClause === undefined
}
