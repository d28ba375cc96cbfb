import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse, place, readText, type SourceFile, sourceFiles, visit } from '../support/source-files.ts'

/** One `new XxxError('code', …)`. */
interface Raised {
  readonly className: string
  readonly code: string
  readonly place: string
}

/** Stands for a code that is put together at run time: nobody can look it up. */
const NOT_SPELT_OUT = 'the code is not spelt out here'

const raised = ['src', 'actors'].flatMap(sourceFiles).flatMap((file) => raisedBy(file))
/** Rows `| \`code\` | \`XxxError\` | … |` as `code XxxError`. */
const documented = Array.from(
  readText('docs/reference/errors.md').matchAll(/^\| `([\w-]+)` \| `(\w+)` \|/gm),
  (row) => `${row[1]} ${row[2]}`,
)

describe('error codes', () => {
  test('are described in docs/reference/errors.md, each with its class', () => {
    const missing = raised.filter(({ code, className }) => !documented.includes(`${code} ${className}`))
    expect(missing.map(({ code, className, place }) => `${code} ${className} (${place})`)).toEqual([])
  })

  test('that are described do occur', () => {
    const occurring = new Set(raised.map(({ code, className }) => `${code} ${className}`))
    expect(documented.filter((row) => !occurring.has(row))).toEqual([])
  })

  test('are kebab-case', () => {
    const spelt = raised.filter(({ code }) => code !== NOT_SPELT_OUT)
    expect(spelt.filter(({ code }) => !/^[a-z]+(-[a-z0-9]+)*$/.test(code))).toEqual([])
  })

  test('are listed once and in order', () => {
    expect(documented).toEqual([...new Set(documented)].sort())
  })
})

test('a code is seen in every shape of the first argument that spells it out', () => {
  const text = `new UsageError('a-b', 'x'); new CapacityError(full ? 'c' : 'd', 'x'); new TypeError('not ours')
    refuse('e', 'x'); function refuse(code: string, text: string) { throw new ProtocolError(code, text) }
    const fail = (code: string) => { throw new UsageError(code, 'x') }; this.fail('f')
    const codes = Object.freeze({ x: 'g', y: 'h' }); new InvariantError(codes[reason], 'x')
    new UnreachableError(\`lost-\${reason}\`, 'x')`
  const seen = raisedBy({ path: 'x.ts', syntax: parse('x.ts', text) })
  expect(seen.map(({ className, code }) => `${className} ${code}`)).toEqual([
    'UsageError a-b',
    'CapacityError c',
    'CapacityError d',
    'ProtocolError e',
    'UsageError f',
    'InvariantError g',
    'InvariantError h',
    `UnreachableError ${NOT_SPELT_OUT}`,
  ])
})

function raisedBy(file: SourceFile): Raised[] {
  const found: Raised[] = []
  visit(file.syntax, (node) => {
    if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return
    const className = node.expression.text
    const [first] = node.arguments ?? []
    if (first === undefined || !/^(Usage|Capacity|Unreachable|Protocol|Invariant)Error$/.test(className)) return
    for (const code of codesIn(first)) found.push({ className, code, place: place(file, node) })
  })
  // Errors that another thread raised are made again under the code that they came with.
  return file.path.startsWith('src/wire/') ? found.filter(({ code }) => code !== NOT_SPELT_OUT) : found
}

/**
 * A literal, either branch of a condition, what is passed to the function whose parameter this is, or every string in the
 * table that is looked into: `codes[reason]`.
 */
function codesIn(expression: ts.Expression): string[] {
  if (ts.isStringLiteral(expression) || ts.isNoSubstitutionTemplateLiteral(expression)) return [expression.text]
  if (ts.isConditionalExpression(expression)) return [...codesIn(expression.whenTrue), ...codesIn(expression.whenFalse)]
  if (ts.isElementAccessExpression(expression)) return stringsOfTable(expression)
  const passed = ts.isIdentifier(expression) ? passedAs(expression) : []
  return passed.length > 0 ? passed.flatMap(codesIn) : [NOT_SPELT_OUT]
}

/** Every property of the object literal that `table[…]` looks into, if it stands in the same file. */
function stringsOfTable({ expression: table }: ts.ElementAccessExpression): string[] {
  const found: string[] = []
  visit(table.getSourceFile(), (node) => {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== table.getText()) return
    visit(node, (inner) => {
      if (ts.isPropertyAssignment(inner)) found.push(...codesIn(inner.initializer))
    })
  })
  return found.length > 0 ? found : [NOT_SPELT_OUT]
}

/** The arguments which calls in this file pass for the parameter `name` of the function around it. */
function passedAs(name: ts.Identifier): ts.Expression[] {
  const found: ts.Expression[] = []
  for (let node: ts.Node = name; !ts.isSourceFile(node); node = node.parent) {
    if (!ts.isFunctionLike(node)) continue
    const index = node.parameters.findIndex((parameter) => parameter.name.getText() === name.text)
    const owner = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
    if (index < 0 || owner === undefined) continue
    visit(name.getSourceFile(), (call) => {
      if (!ts.isCallExpression(call) || call.expression.getText().split('.').at(-1) !== owner.getText()) return
      const argument = call.arguments[index]
      if (argument !== undefined) found.push(argument)
    })
  }
  return found
}
