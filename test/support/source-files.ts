import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A TypeScript source of the project, parsed. */
export interface SourceFile {
  /** Relative to the project's folder, with `/`. */
  readonly path: string
  readonly syntax: ts.SourceFile
}

/** The text of one of the project's files. */
export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every `.ts` file below a folder of the project, in order of path; none if there is no such folder. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesBelow(join(root, folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => relative(root, path).split(sep).join('/'))
    .sort()
    .map((path) => ({ path, syntax: parsed(path) }))
}

const known = new Map<string, ts.SourceFile>()

/** Each file is parsed once in a process: it does not change while the tests run. */
function parsed(path: string): ts.SourceFile {
  const syntax = known.get(path) ?? parse(path, readText(path))
  known.set(path, syntax)
  return syntax
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
}

/**
 * What a file imports, as written: also types, side effects, re-exports, `import()` in code and in types. An `import()`
 * of anything but a literal is left out: it loads what somebody passed in.
 */
export function importsOf(syntax: ts.SourceFile): string[] {
  const found: string[] = []
  visit(syntax, (node) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier.text)
  })
  return found
}

/** `'./x.ts'` imported by `src/kernel/y.ts` is `src/kernel/x.ts`. Undefined for a package, `node:` and `#` specifier. */
export function resolveRelative(importer: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : undefined
}

/** Calls back with every node, parents first. */
export function visit(node: ts.Node, onNode: (node: ts.Node) => void): void {
  onNode(node)
  ts.forEachChild(node, (child) => visit(child, onNode))
}

/** `src/kernel/mailbox.ts:12`, for messages. */
export function place(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.syntax.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0]
  return undefined
}

function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
