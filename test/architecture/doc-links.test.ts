import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse, readText, visit } from '../support/source-files.ts'

interface Link {
  readonly page: string
  readonly text: string
  /** Path from the project's root. */
  readonly path: string
  readonly anchor: string
}

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdownIn('docs')]
const links = pages.flatMap(linksOf)
/** Pages whose links to tests have the sentence of the test as their text. */
const proving = [
  'docs/reference/semantics.md',
  'docs/reference/requirements.md',
  'docs/reference/connections.md',
  'docs/explanation/pains.md',
]

describe('links of the documentation', () => {
  test('lead to files that exist', () => {
    expect(links.filter(({ path }) => !existsSync(path)).map(({ page, path }) => `${page}: ${path}`)).toEqual([])
  })

  test('with an anchor lead to a heading of that name', () => {
    const broken = links.filter(({ path, anchor }) => anchor !== '' && !anchorsOf(path).includes(anchor))
    expect(broken.map(({ page, path, anchor }) => `${page}: ${path}#${anchor}`)).toEqual([])
  })

  test.each(proving)('from promises to tests name a sentence of that test: %s', (page) => {
    const toTests = links.filter((link) => link.page === page && /\.test\.ts$/.test(link.path))
    expect(toTests.length).toBeGreaterThan(20)
    const unknown = toTests.filter(({ path, text }) => !sentencesOf(path).some((sentence) => fits(text, sentence)))
    expect(unknown.map(({ path, text }) => `${path}: ${text}`)).toEqual([])
  })
})

test('the pains are all of them, 1 to 36, each with a link or a reason', () => {
  const rows = readText('docs/explanation/pains.md')
    .split('\n')
    .filter((line) => /^\d+\. /.test(line))
  expect(rows.map((row) => Number.parseInt(row, 10))).toEqual(Array.from({ length: 36 }, (_, n) => n + 1))
  const sections = readText('docs/explanation/pains.md')
    .split(/^\d+\. /m)
    .slice(1)
  expect(sections.filter((section) => !/\.test\.ts\)|Does not apply/.test(section))).toEqual([])
  expect(sections.filter((section) => section.includes('Not yet'))).toEqual([])
})

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('template.md'))
}

function linksOf(page: string): Link[] {
  const text = readText(page).replaceAll(/^```[\s\S]*?^```/gm, '')
  const found: Link[] = []
  for (const [, label = '', target = ''] of text.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)) {
    if (/^\w+:/.test(target)) continue
    const [path = '', anchor = ''] = target.split('#')
    found.push({ page, text: label, path: path === '' ? page : normalize(join(dirname(page), path)), anchor })
  }
  return found
}

/** As GitHub makes them of headings; ids that were written out too. */
function anchorsOf(path: string): string[] {
  const text = readText(path)
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  return [...headings, ...Array.from(text.matchAll(/id="([^"]+)"/g), ([, id = '']) => id)]
}

/** The first argument of each `it`, `test` and `describe`; `…` where something is put in. */
function sentencesOf(path: string): string[] {
  const found: string[] = []
  visit(parse(path, readText(path)), (node) => {
    if (!ts.isCallExpression(node) || !/^(it|test|describe)\b/.test(node.expression.getText())) return
    const [title] = node.arguments
    if (title === undefined) return
    if (ts.isStringLiteralLike(title)) found.push(title.text)
    if (ts.isTemplateExpression(title)) {
      found.push([title.head.text, ...title.templateSpans.map((span) => span.literal.text)].join('…'))
    }
  })
  return found
}

/** What is put together of several strings may be left out at its end. */
function fits(text: string, sentence: string): boolean {
  return sentence === text || (sentence.includes('…') && sentence.startsWith(text))
}
